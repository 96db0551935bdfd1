// Nothing of its own: stands for the headers that are parsed once for all tests (CMakeLists.txt above).
