#!/usr/bin/env python3
"""Coordinator, workers and trials killed at random instants, in the short: tests/bench/kills is the same for hours."""
import random
import sys

from harness import main, test
from killing import Fleet, check, disturb, settle, slow


@test
def random_kills_of_everything_lose_nothing_and_count_nothing_twice(house):
    chance = random.Random(house.directory)
    kills = {"coordinator": 10, "worker": 15, "trial": 3}
    fleet = Fleet(house, 2)
    fleet.start()
    number = 0
    while any(kills.values()):
        number += 1
        fleet.submit(house.write("campaign.json", slow(f"campaign-{number}", 20)))
        disturb(fleet, f"campaign-{number}", kills, chance, (0.1, 0.9))
    figures = settle(fleet)
    check(figures)
    assert figures["kills"]["coordinator"] == 10 and figures["kills"]["worker"] == 15, figures


if __name__ == "__main__":
    sys.exit(main())
