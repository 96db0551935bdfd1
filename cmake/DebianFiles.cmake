# Run by cpack over the tree that it is about to pack: what is different in a Debian package. The licence is called
# copyright, zsh's functions have their own folder, there is a changelog, and lintian is told what is meant so.
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

file(WRITE ${share}/lintian/overrides/${CPACK_PACKAGE_NAME}
"# Says which package has the names of a module, also of one in another root (a container), where running that root's
# dpkg-query would be running a foreign program. Read only, and an answer is missing where the layout is unknown.
strobe: uses-dpkg-database-directly [usr/bin/strobe]
")
