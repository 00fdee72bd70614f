"""Delivers one large file, or fetches its receipt: sftp_large.py paramiko|asyncssh|receipt PORT ACCOUNT PASSWORD PATH NAME.

Puts the file down under another name and renames it; the receipt is printed as it is.
"""

import asyncio
import sys

WHAT, PORT, ACCOUNT, PASSWORD, PATH, NAME = sys.argv[1:]
PART, WHOLE = f"/in/{NAME}.part", f"/in/{NAME}"


def by_paramiko():
    """With its own pace: it waits for no answer until the end."""
    import paramiko

    ssh = paramiko.SSHClient()
    ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    ssh.connect("127.0.0.1", int(PORT), ACCOUNT, PASSWORD, allow_agent=False, look_for_keys=False)
    sftp = ssh.open_sftp()
    sftp.put(PATH, PART)
    sftp.rename(PART, WHOLE)
    ssh.close()


async def by_asyncssh():
    """The file, or its receipt."""
    import asyncssh

    options = dict(username=ACCOUNT, password=PASSWORD, client_keys=None, known_hosts=None, config=None)
    async with asyncssh.connect("127.0.0.1", int(PORT), **options) as ssh, ssh.start_sftp_client() as sftp:
        if WHAT == "asyncssh":
            await sftp.put(PATH, PART)
            await sftp.rename(PART, WHOLE)
        else:
            async with sftp.open(f"/uit/{NAME}.ontvangst.json", encoding="utf-8") as file:
                print(await file.read())


if WHAT == "paramiko":
    by_paramiko()
else:
    asyncio.run(by_asyncssh())
