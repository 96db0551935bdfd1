// Nothing of its own: stands for headers that are parsed once for many files (lib/CMakeLists.txt, tests/support).
