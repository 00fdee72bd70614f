"""Clients of the drop box, all at once: sftp_clients.py PORT KEY PARTY SEQUENCE COUNT [FOLDER].

Each is an installation with an account and an address of its own, and delivers one file: put under another name,
then renamed. With a folder that is its file (0.csv, 1.csv, …), and it waits for the answer in `uit/`; without one it
delivers a MiB that is no table, another for each. Prints seconds: from the start until the last file was taken, from the
start until the last answer is there, and the longest that one client waited from its CLOSE until its answer.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import asyncssh

PORT, KEY, PARTY, SEQUENCE, COUNT, *FOLDER = sys.argv[1:]
DAY = "20210501"
PAUSE = 0.05


async def deliver(number):
    """One client; when it began to close its file, when that was taken, and when its answer was there."""
    name = f"CIMS_{PARTY}_{number}_{DAY}_{SEQUENCE}.csv"
    if FOLDER:
        content = Path(FOLDER[0], f"{number}.csv").read_bytes()
    else:
        content = f"geen tabel {number}\n".encode().ljust(1024 * 1024, b".")
    # As many addresses as clients: one address may not have many strangers at the door.
    address = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0)
    options = dict(username=f"bench-{number}", client_keys=[KEY], known_hosts=None, local_addr=address, config=None)
    async with asyncssh.connect("127.0.0.1", int(PORT), **options) as ssh, ssh.start_sftp_client() as sftp:
        file = await sftp.open(f"/in/{name}.part", "wb")
        await file.write(content)
        closing = time.perf_counter()
        await file.close()
        await sftp.rename(f"/in/{name}.part", f"/in/{name}")
        taken = time.perf_counter()
        while FOLDER and f"{name}.resultaat.json" not in await sftp.listdir("/uit"):
            await asyncio.sleep(PAUSE)
        return closing, taken, time.perf_counter()


async def main():
    """All of them."""
    begin = time.perf_counter()
    times = await asyncio.gather(*(deliver(number) for number in range(int(COUNT))))
    waited = max(answered - closing for closing, _, answered in times)
    _, taken, answered = zip(*times)
    print(json.dumps({"taken": max(taken) - begin, "answered": max(answered) - begin, "waited": waited}))


asyncio.run(main())
