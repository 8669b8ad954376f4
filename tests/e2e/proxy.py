"""A TCP proxy that can be cut like a cable: nobody is told, nothing comes through, and later it is mended."""
import select
import socket
import threading


class Cable:
    """Connects to 127.0.0.1:port + offset for each offset, and listens at `self.port` + offset."""

    def __init__(self, port, listen_port, offsets=(0, 1)):
        self.port, self.is_cut, self.is_over = listen_port, False, False
        self.pairs, self.listeners = [], {}
        for offset in offsets:
            listener = socket.create_server(("127.0.0.1", listen_port + offset))
            self.listeners[listener] = port + offset
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self):
        """From now on bytes are neither taken nor given, and connections neither closed nor answered."""
        self.is_cut = True

    def mend(self):
        """New connections come through; the old ones break, as after so long a silence."""
        for pair in self.pairs:
            for end in pair:
                end.close()
        self.pairs = []
        self.is_cut = False

    def close(self):
        self.is_over = True
        self.thread.join()
        for end in [*self.listeners, *(end for pair in self.pairs for end in pair)]:
            end.close()

    def _accept(self, listener):
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self.listeners[listener]))
        except OSError:
            near.close()
            return
        self.pairs.append((near, far))

    def _pass_on(self, near, far):
        try:
            data = near.recv(1 << 16)
            if data:
                far.sendall(data)
                return
        except OSError:
            pass
        for pair in self.pairs:
            if near in pair:
                self.pairs.remove(pair)
                pair[0].close()
                pair[1].close()
                return

    def _run(self):
        while not self.is_over:
            ends = {a: b for pair in self.pairs for a, b in (pair, pair[::-1])}
            watched = [] if self.is_cut else [*self.listeners, *ends]
            try:
                ready = select.select(watched, [], [], 0.02)[0]
            except (OSError, ValueError):  # one was closed meanwhile
                continue
            for one in ready:
                if self.is_cut or one.fileno() < 0:
                    continue
                if one in self.listeners:
                    self._accept(one)
                elif ends[one].fileno() >= 0:
                    self._pass_on(one, ends[one])
