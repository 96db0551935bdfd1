# Install rules: the program, its man pages and completions, its documents, the licence.
include(GNUInstallDirs)
install(TARGETS strobe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${STROBE_SHARE}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${STROBE_SHARE}/bash-completion ${STROBE_SHARE}/zsh ${STROBE_SHARE}/fish
  DESTINATION ${CMAKE_INSTALL_DATADIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
# A folder of its own, so that the links in README.md hold.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN man EXCLUDE)
