"""An oracle of quick recursion: what a stack says about itself must be true of some moment.

level_0 … level_9 spell a word of ten bits by the line that each calls the next one from: six bits of data, four that
check them. A stack with the frames of two moments spells a wrong word. Lines that call are marked: `# CALLS: name`.
usage: oracle_recursion.py SECONDS
"""
import sys
import time


def level_0(word):
    if word >> 0 & 1:
        return level_1(word)  # CALLS: level_1
    return level_1(word)  # CALLS: level_1


def level_1(word):
    if word >> 1 & 1:
        return level_2(word)  # CALLS: level_2
    return level_2(word)  # CALLS: level_2


def level_2(word):
    if word >> 2 & 1:
        return level_3(word)  # CALLS: level_3
    return level_3(word)  # CALLS: level_3


def level_3(word):
    if word >> 3 & 1:
        return level_4(word)  # CALLS: level_4
    return level_4(word)  # CALLS: level_4


def level_4(word):
    if word >> 4 & 1:
        return level_5(word)  # CALLS: level_5
    return level_5(word)  # CALLS: level_5


def level_5(word):
    if word >> 5 & 1:
        return level_6(word)  # CALLS: level_6
    return level_6(word)  # CALLS: level_6


def level_6(word):
    if word >> 6 & 1:
        return level_7(word)  # CALLS: level_7
    return level_7(word)  # CALLS: level_7


def level_7(word):
    if word >> 7 & 1:
        return level_8(word)  # CALLS: level_8
    return level_8(word)  # CALLS: level_8


def level_8(word):
    if word >> 8 & 1:
        return level_9(word)  # CALLS: level_9
    return level_9(word)  # CALLS: level_9


def level_9(word):
    if word >> 9 & 1:
        return leaf(word)  # CALLS: leaf
    return leaf(word)  # CALLS: leaf


def leaf(word):
    return word + 1


def main():
    words = [data | (data * 7 & 15) << 6 for data in range(64)]  # CALLS: main.<locals>.<listcomp>
    end = time.process_time() + float(sys.argv[1])
    while time.process_time() < end:
        for word in words * 10:
            level_0(word)  # CALLS: level_0


main()  # CALLS: main
print("{}")
