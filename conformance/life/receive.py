"""Wait on a socket for one descriptor, and tell what came: receive.py SOCKET. A pidfd is told by its process id."""
import array
import re
import socket
import sys

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
print("listening", flush=True)
connection, _ = server.accept()
text, control, _, _ = connection.recvmsg(64, socket.CMSG_SPACE(4))
fds = array.array("i", control[0][2])
with open("/proc/self/fdinfo/%d" % fds[0]) as info:
    pid = re.search(r"^Pid:\s*(\d+)", info.read(), re.M)
print("received", text.decode(), "pid", pid.group(1) if pid else "none", flush=True)
