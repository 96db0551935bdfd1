# embed_bpf_program(SOURCE OUTPUT): compiles a BPF program with clang and writes its object file as the bytes of a C
# array into OUTPUT, in the current build folder.
function(embed_bpf_program SOURCE OUTPUT)
  get_filename_component(name ${SOURCE} NAME_WE)
  get_filename_component(folder ${SOURCE} DIRECTORY)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h ${PROJECT_SOURCE_DIR}/lib/model/python_walk.h)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${OUTPUT})
  set(script ${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake)
  # -g: the loader needs the types of the maps. The kernel's headers are those of this machine, for another target.
  add_custom_command(OUTPUT ${output}
    COMMAND ${BPF_CLANG} -target bpf -std=gnu17 -O2 -g -Wall -Wextra -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
      -fdebug-compilation-dir=. -I${PROJECT_SOURCE_DIR}/lib -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -c ${SOURCE} -o ${object}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${object} -DOUTPUT=${output} -P ${script}
    DEPENDS ${SOURCE} ${headers} ${script}
    COMMENT "BPF program ${name}" VERBATIM)
endfunction()
