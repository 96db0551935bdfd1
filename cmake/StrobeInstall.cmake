# Install rules: the program, its man pages and completions, its documents, the licence.
include(GNUInstallDirs)
install(TARGETS strobe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${STROBE_SHARE}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${STROBE_SHARE}/bash-completion ${STROBE_SHARE}/fish DESTINATION ${CMAKE_INSTALL_DATADIR})
# Debian's zsh looks into vendor-completions below /usr, into site-functions elsewhere. Known when installing.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(functions vendor-completions)
  else()
    set(functions site-functions)
  endif()
  file(INSTALL \"${STROBE_SHARE}/zsh/site-functions/_strobe\"
    DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${functions}\")")
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN man EXCLUDE)
