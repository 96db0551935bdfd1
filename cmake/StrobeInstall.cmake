# Install rules: the program and its documents.
include(GNUInstallDirs)
install(TARGETS strobe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
