# SPDX-License-Identifier: Apache-2.0
# What belongs to levada beside the program, its plugins and the SDK. debian/*.install says which package
# each file goes to.
install(FILES ${CMAKE_SOURCE_DIR}/etc/levada.conf DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/levada)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/levada/pipelines.d)

install(FILES
  pipelines/consumer_server.conf pipelines/count_by_type.conf pipelines/crime_file.conf
  pipelines/data_stream.conf pipelines/kafka_server.conf pipelines/make_calls.conf
  pipelines/radio_code.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/levada/pipelines)

install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

install(FILES completions/levada.bash RENAME levada
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES completions/_levada DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES completions/levada.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# As it is installed; a folder that was given as absolute stays where it is.
if(IS_ABSOLUTE ${CMAKE_INSTALL_SYSCONFDIR})
  set(LEVADA_CONFIG_DIR ${CMAKE_INSTALL_SYSCONFDIR}/levada)
else()
  set(LEVADA_CONFIG_DIR ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SYSCONFDIR}/levada)
endif()
# Where systemd looks below /usr and /usr/local alike.
set(units levada.service levada@.service)
foreach(unit IN LISTS units)
  configure_file(systemd/${unit}.in ${CMAKE_BINARY_DIR}/systemd/${unit} @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/systemd/${unit} DESTINATION lib/systemd/system)
endforeach()
install(FILES systemd/levada.sysusers RENAME levada.conf DESTINATION lib/sysusers.d)

# debhelper's own places.
install(PROGRAMS debhelper/dh_levada DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES debhelper/levada.pm DESTINATION ${CMAKE_INSTALL_DATADIR}/perl5/Debian/Debhelper/Sequence)
