"""A trial that needs no arithmetic: its loss falls with each step, and depends on x and y alone.

Parameters of its configuration:
  x, y          the loss is (x - 0.3)^2 + (y - 0.7)^2 + 1 / step
  seconds       each step takes so long (0)
  fail_above    exits with status 1 when x is greater (never)
  flag          a file; as long as it is there, step 2 waits for it to go away ("")
  kills_at      kills the agent that runs it when x is this (never)
  need          a variable of the environment that must be set; else it exits with status 1 ("")
It writes a checkpoint, and refuses to go on from one that is not its own at that step: so a wrong one shows.
"""
import json
import os
import signal
import socket
import sys
import time


def say(channel, **line):
    channel.write(json.dumps(line) + "\n")
    channel.flush()


def write_checkpoint(path, state):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(path + ".part", path)


def check_checkpoint(order):
    if not order["checkpoint_in"]:
        assert order["budget_from"] == 0, "no checkpoint, and not at the beginning"
        return
    with open(order["checkpoint_in"], encoding="utf-8") as file:
        state = json.load(file)
    wanted = {"trial": order["trial"], "seed": order["seed"], "step": order["budget_from"]}
    assert state == wanted, f"the checkpoint is {state}, wanted is {wanted}"


def wait_for_flag(path):
    while path and os.path.exists(path):
        time.sleep(0.01)


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def is_told_to_stop(connection):
    """Looks without waiting: the only line that can come is stop."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.setblocking(True)


def main():
    connection = socket.socket(fileno=int(os.environ["RUNG_FD"]))
    channel = connection.makefile("w", encoding="utf-8")
    order = json.loads(connection.makefile("r", encoding="utf-8").readline())
    config = order["config"]
    check_checkpoint(order)
    print(f"trial {order['trial']} begins at {order['budget_from']}")
    x, y = config["x"], config.get("y", 0.7)
    if x > config.get("fail_above", 1e9):
        print(f"x is {x}: that cannot work", file=sys.stderr)
        sys.exit(1)
    if x == config.get("kills_at"):
        os.kill(parent_of(os.getppid()), signal.SIGKILL)
        time.sleep(60)
    if config.get("need") and config["need"] not in os.environ:
        print(f"{config['need']} is not set on this machine", file=sys.stderr)
        sys.exit(1)
    step = order["budget_from"]
    while step < order["budget_to"]:
        step += 1
        if step == 2:
            wait_for_flag(config.get("flag", ""))
        time.sleep(config.get("seconds", 0))
        loss = (x - 0.3) ** 2 + (y - 0.7) ** 2 + 1 / step
        say(channel, step=step, metrics={"loss": loss, "accuracy": max(0, 1 - loss)})
        if is_told_to_stop(connection):
            break
    write_checkpoint(order["checkpoint_out"], {"trial": order["trial"], "seed": order["seed"], "step": step})
    say(channel, checkpoint=order["checkpoint_out"], step=step)
    say(channel, done=True)


if __name__ == "__main__":
    main()
