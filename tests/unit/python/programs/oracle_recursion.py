"""Nothing but calls, 5 to 61 deep, of some 50 nanoseconds. Each line that calls says which function: `# -> a`; any
other pair of frames is impossible."""
import json
import os



def step_0(left):
    if left:
        step_1(left - 1)  # -> step_1


def step_1(left):
    if left:
        step_2(left - 1)  # -> step_2


def step_2(left):
    if left:
        step_3(left - 1)  # -> step_3


def step_3(left):
    if left:
        step_4(left - 1)  # -> step_4


def step_4(left):
    if left:
        step_5(left - 1)  # -> step_5


def step_5(left):
    if left:
        step_6(left - 1)  # -> step_6


def step_6(left):
    if left:
        step_7(left - 1)  # -> step_7


def step_7(left):
    if left:
        step_8(left - 1)  # -> step_8


def step_8(left):
    if left:
        step_9(left - 1)  # -> step_9


def step_9(left):
    if left:
        step_10(left - 1)  # -> step_10


def step_10(left):
    if left:
        step_11(left - 1)  # -> step_11


def step_11(left):
    if left:
        step_0(left - 1)  # -> step_0


def main():
    print(json.dumps({"main": os.getpid()}), flush=True)
    while True:
        for depth in range(5, 62):
            step_0(depth)  # -> step_0


main()  # -> main
