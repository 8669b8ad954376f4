"""Ports for coordinators, pages and daemons of tests that run side by side."""
import random
import socket

RANGE = range(20000, 32000)  # below those that the kernel gives to connections, which may take a free one at any time
claims = []  # open as long as this program runs


def claim(port):
    """Whether no other test has it: an abstract name that ends with its process."""
    one = socket.socket(socket.AF_UNIX)
    try:
        one.bind(f"\0rung-test-port-{port}")
    except OSError:
        one.close()
        return False
    claims.append(one)
    return True


def is_free(port):
    try:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just ended does not hold it
            one.bind(("0.0.0.0", port))
        return True
    except OSError:
        return False


def free_port():
    """A port that is free, as is the next one, which bulk takes: no other test gets either while this one runs."""
    while True:
        port = random.choice(RANGE)
        if all(is_free(one) and claim(one) for one in (port, port + 1)):
            return port
