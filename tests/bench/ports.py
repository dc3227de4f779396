"""A port for a program that will be started: from now on nobody else gets it.

A socket that is bound to it and does not listen keeps it from everybody who asks for any port, and from
every connection that goes out; who asks for this very one with SO_REUSEADDR, as servers do, gets it, as
often as it is started. Kept until this process ends.
"""

import socket

held = []


def free_port():
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    held.append(holder)
    return holder.getsockname()[1]
