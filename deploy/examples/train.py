"""A trial of one's own: reads its configuration, trains from its checkpoint to its budget, reports each step."""
import json, os, socket

channel = socket.socket(fileno=int(os.environ["RUNG_FD"])).makefile("rw")
say = lambda **line: print(json.dumps(line), file=channel, flush=True)

order = json.loads(channel.readline())
config = order["config"]
weight = json.load(open(order["checkpoint_in"])) if order["checkpoint_in"] else 5.0

for step in range(order["budget_from"] + 1, order["budget_to"] + 1):
    weight = config["decay"] * weight - config["learning_rate"] * 2 * (weight - 1)
    say(step=step, metrics={"loss": (weight - 1) ** 2})

with open(order["checkpoint_out"], "w") as file:
    json.dump(weight, file)
say(checkpoint=order["checkpoint_out"], step=order["budget_to"])
say(done=True)
