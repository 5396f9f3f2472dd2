# SPDX-License-Identifier: Apache-2.0
# What authors of plugins get: headers, a CMake package, a pkg-config file, the templates of
# `levada plugin new`. All of it works under any prefix.
include(CMakePackageConfigHelpers)

file(STRINGS ${CMAKE_SOURCE_DIR}/include/levada/plugin.h lines REGEX "^#define LEVADA_ABI_M")
foreach(word MAJOR MINOR)
  string(REGEX MATCH "LEVADA_ABI_${word} ([0-9]+)u" line "${lines}")
  set(LEVADA_ABI_${word} ${CMAKE_MATCH_1})
endforeach()

set(LEVADA_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/levada/plugins)
set(LEVADA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/levada)
# pkg-config tells where the file is, so that a tree which was moved is found; a system's tree is not.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(LEVADA_PC_PREFIX /usr)
else()
  string(REGEX REPLACE "[^/]+" ".." up ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  set(LEVADA_PC_PREFIX "\${pcfiledir}/${up}")
endif()

configure_file(${CMAKE_SOURCE_DIR}/cmake/levada.pc.in ${CMAKE_BINARY_DIR}/sdk/levada.pc @ONLY)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/levadaConfig.cmake.in
  ${CMAKE_BINARY_DIR}/sdk/levadaConfig.cmake
  INSTALL_DESTINATION ${LEVADA_CMAKE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR LEVADA_PLUGIN_DIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sdk/levadaConfigVersion.cmake
  COMPATIBILITY AnyNewerVersion)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/levada DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT dev)
install(FILES ${CMAKE_BINARY_DIR}/sdk/levada.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT dev)
install(FILES ${CMAKE_BINARY_DIR}/sdk/levadaConfig.cmake
  ${CMAKE_BINARY_DIR}/sdk/levadaConfigVersion.cmake ${CMAKE_SOURCE_DIR}/cmake/levadaAddPlugin.cmake
  ${CMAKE_SOURCE_DIR}/cmake/plugin.map
  DESTINATION ${LEVADA_CMAKE_DIR} COMPONENT dev)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/rust DESTINATION ${CMAKE_INSTALL_DATADIR}/levada
  COMPONENT dev)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/scaffold DESTINATION ${CMAKE_INSTALL_DATADIR}/levada
  COMPONENT dev USE_SOURCE_PERMISSIONS)
# A levada that was not installed finds them beside itself.
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/rust ${CMAKE_BINARY_DIR}/rust SYMBOLIC)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/scaffold ${CMAKE_BINARY_DIR}/scaffold SYMBOLIC)
