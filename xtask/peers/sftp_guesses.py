"""Guesses passwords at the drop box: sftp_guesses.py PORT COUNT NAME….

COUNT tries with each NAME, of which `{}` becomes the number of the try: some at once, all kinds mixed, each from an
address of its own. Prints for each name the median of the seconds from the connection to the refusal, the texts, and how
often chance alone sets its times as far apart from those of the last name (Mann and Whitney's rank test).
"""

import asyncio
import json
import math
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


def chance(times, others):
    """Mann and Whitney, by the normal distribution; no two times of a clock this fine are the same."""
    both = len(times) * len(others)
    won = sum(time > other for time in times for other in others)
    apart = max(abs(won - both / 2) - 0.5, 0)
    return math.erfc(apart / math.sqrt(both * (len(times) + len(others) + 1) / 12) / math.sqrt(2))


async def main():
    """All of them."""
    turn = asyncio.Semaphore(AT_ONCE)
    tries = [guess(kind, number, turn) for number in range(int(COUNT)) for kind in range(len(NAMES))]
    refused = await asyncio.gather(*tries)
    of_kind = [[one for one in refused if one[0] == kind] for kind in range(len(NAMES))]
    times = [[seconds for _, seconds, _ in kind] for kind in of_kind]
    for kind, name in enumerate(NAMES):
        told = {"name": name, "seconds": statistics.median(times[kind]), "p": chance(times[kind], times[-1])}
        print(json.dumps(told | {"texts": sorted({text for _, _, text in of_kind[kind]})}))


asyncio.run(main())
