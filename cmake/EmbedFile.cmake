# cmake -DINPUT=FILE -DOUTPUT=FILE -P EmbedFile.cmake: the bytes of a file as the inside of a C array.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "${bytes}\n")
