"""Guesses passwords at the drop box: sftp_guesses.py PORT COUNT NAME….

COUNT tries with each NAME, of which `{}` becomes the number of the try: some at once, all kinds mixed, each from an
address of its own. Prints for each name the median of the seconds from the connection to the refusal, and the texts.
"""

import asyncio
import json
import statistics
import sys
import time

import asyncssh

PORT, COUNT, *NAMES = sys.argv[1:]
AT_ONCE = 6


async def guess(kind, number, turn):
    """One try: how long until it was refused, and with which words."""
    place = kind * int(COUNT) + number
    address = (f"127.1.{1 + place // 250}.{1 + place % 250}", 0)
    name = NAMES[kind].format(number)
    options = dict(username=name, password="geraden", client_keys=None, known_hosts=None, local_addr=address, config=None)
    async with turn:
        begin = time.perf_counter()
        try:
            async with asyncssh.connect("127.0.0.1", int(PORT), **options):
                raise SystemExit(f"{NAMES[kind]} came in")
        except asyncssh.PermissionDenied as refused:
            return kind, time.perf_counter() - begin, str(refused).replace(name, "NAME")


async def main():
    """All of them."""
    turn = asyncio.Semaphore(AT_ONCE)
    tries = [guess(kind, number, turn) for number in range(int(COUNT)) for kind in range(len(NAMES))]
    refused = await asyncio.gather(*tries)
    for kind, name in enumerate(NAMES):
        of_kind = [one for one in refused if one[0] == kind]
        median = statistics.median(seconds for _, seconds, _ in of_kind)
        print(json.dumps({"name": name, "seconds": median, "texts": sorted({text for _, _, text in of_kind})}))


asyncio.run(main())
