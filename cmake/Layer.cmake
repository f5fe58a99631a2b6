# layer(NAME SOURCE_DIR dir USES target... )
#
# One layer of the house is one static library. Its headers are included as
# "NAME/header.h". Each layer has an include root of its own that holds nothing
# but itself, and an include path made of its own root and the roots of the
# layers that it uses: an upward #include finds no file.
#
# Every .cpp below the folder belongs to the layer, less those in folders named
# by SKIP, which are targets of their own.
function(layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE_DIR" "USES;LINKS;SKIP")
  if(NOT arg_SOURCE_DIR)
    set(arg_SOURCE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set(root ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${arg_SOURCE_DIR} ${root}/${name} SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${arg_SOURCE_DIR}/*.cpp)
  foreach(skip IN LISTS arg_SKIP)
    list(FILTER sources EXCLUDE REGEX "^${arg_SOURCE_DIR}/${skip}/")
  endforeach()

  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${root})
  target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE ${arg_LINKS})
endfunction()
