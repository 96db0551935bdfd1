// What the compiler's run time asks of a C++ program without its library.
extern "C" __attribute__((noreturn)) void __cxa_pure_virtual() { __builtin_trap(); }
