"""A pytest file with fixtures, parametrization and mocks: where does the time of a test suite go?

Hot: Shop.total, called by all tests; the fixture stock, made anew for every test; slow_tax, of the
parametrized one.
Run by pytest: STROBE_SECONDS says how many CPU seconds. The truth is the last line, after pytest's own.
Try: strobe run --sort cumtime -- python3 -m pytest -q -p no:cacheprovider test_shop.py
"""
import atexit
import os
from unittest import mock

import pytest

import truth

ROUNDS = max(1, int(float(os.environ.get("STROBE_SECONDS", "1")) * 40))
atexit.register(truth.report)


class Shop:
    def __init__(self, stock, tax):
        self.stock = stock
        self.tax = tax

    def total(self, times):
        total = 0
        for _ in range(times):
            for price in self.stock:  # HOT: Shop.total
                total = (total + price * 3) & 0xFFFFFF  # HOT: Shop.total
        return self.tax(total)


@pytest.fixture
def stock():
    with truth.part("make_stock"):
        return make_stock()


def make_stock():
    prices, x = [], 1
    for _ in range(40000):  # HOT: make_stock
        x = (x * 75 + 74) % 65537  # HOT: make_stock
        prices.append(x)  # HOT: make_stock
    return prices


def slow_tax(total):
    for i in range(60000):  # HOT: slow_tax
        total = (total * 19 + i) & 0xFFFFFF  # HOT: slow_tax
    return total


@pytest.mark.parametrize("number", range(ROUNDS))
def test_total_with_tax(stock, number):
    def timed_tax(total):
        with truth.part("slow_tax"):
            return slow_tax(total)

    with truth.part("Shop.total"):
        assert Shop(stock, timed_tax).total(6) > 0


@pytest.mark.parametrize("number", range(ROUNDS))
def test_total_asks_for_the_tax_once(stock, number):
    tax = mock.Mock(return_value=7)
    with truth.part("Shop.total"):
        assert Shop(stock, tax).total(6) == 7
    tax.assert_called_once()
