# Run by cpack over the tree that it is about to pack: what is different in a Debian package. The licence is called
# copyright, zsh's functions have their own folder, and there is a changelog.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(documents ${share}/doc/${CPACK_PACKAGE_NAME})
file(RENAME ${documents}/LICENSE ${documents}/copyright)
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)

execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C TZ=UTC
    date --date=${CPACK_STROBE_RELEASE_DATE} "+%a, %d %b %Y %T +0000"
  OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${documents}/changelog "strobe (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
execute_process(COMMAND gzip -9n ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
