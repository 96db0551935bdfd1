"""Two metaclasses: one that makes a class a singleton, one by which plugins register when they are defined.

Hot: Blur.apply, Sharpen.apply, Resize.apply (reached through the registry), Palette.__init__, which runs once
a round because `reset` forgets the singleton.
Try: strobe run --sort cumtime -- python3 metaclasses.py
"""
import truth


class Singleton(type):
    instances = {}

    def __call__(cls, *arguments):
        if cls not in Singleton.instances:
            Singleton.instances[cls] = super().__call__(*arguments)
        return Singleton.instances[cls]


class Registered(type):
    plugins = {}

    def __new__(meta, name, bases, body):
        cls = super().__new__(meta, name, bases, body)
        if bases:
            Registered.plugins[name] = cls
        return cls


class Palette(metaclass=Singleton):
    def __init__(self):
        x = 1
        for i in range(10000):  # HOT: Palette.__init__
            x = (x * 17 + i) & 0xFFFF  # HOT: Palette.__init__
        self.key = x


class Filter(metaclass=Registered):
    def apply(self, image):
        raise NotImplementedError


class Blur(Filter):
    def apply(self, image):
        for _ in range(40000):  # HOT: Blur.apply
            image = (image * 3 + 1) & 0xFFFF  # HOT: Blur.apply
        return image


class Sharpen(Filter):
    def apply(self, image):
        for _ in range(20000):  # HOT: Sharpen.apply
            image = (image * 5 + 1) & 0xFFFF  # HOT: Sharpen.apply
        return image


class Resize(Filter):
    def apply(self, image):
        for _ in range(15000):  # HOT: Resize.apply
            image = (image * 7 + 1) & 0xFFFF  # HOT: Resize.apply
        return image


def process(image):
    for name, plugin in Registered.plugins.items():
        with truth.part(name + ".apply"):
            image = plugin().apply(image)
    return image


def main():
    for image in truth.rounds(truth.asked_seconds()):
        Singleton.instances.clear()
        with truth.part("Palette.__init__"):
            key = Palette().key
        process(image + key + Palette().key)


main()
truth.report()
