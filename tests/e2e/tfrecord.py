"""A small reader of TensorBoard's event files: records, checksums, protocol buffers without a schema."""
import struct


def table():
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        rows.append(byte)
    return rows


TABLE = table()


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    """The payloads; both checksums of each must be right."""
    with open(path, "rb") as file:
        data = file.read()
    at, found = 0, []
    while at < len(data):
        length, check = struct.unpack_from("<QI", data, at)
        assert check == masked(data[at:at + 8]), f"{path}: the length at {at} is damaged"
        payload = data[at + 12:at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(payload), f"{path}: damaged at {at}"
        found.append(payload)
        at += 16 + length
    assert at == len(data), f"{path} ends within a record"
    return found


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """A message as {number: [value, …]}: integers, floats, or bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif key & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        found.setdefault(key >> 3, []).append(value)
    return found


def values(path):
    """(wall time, step, tag, fields of the Value) of every summary; the first record must name the format."""
    first, *rest = records(path)
    assert fields(first)[3] == [b"brain.Event:2"], first
    for record in rest:
        event = fields(record)
        for summary in event[5]:
            for value in fields(summary)[1]:
                value = fields(value)
                yield event[1][0], event.get(2, [0])[0], value[1][0].decode(), value
