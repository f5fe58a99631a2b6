# Proves that a layer sees the headers of the layers below it (DESIGN §6) and
# that an upward #include does not compile.
#
# Included by tests/CMakeLists.txt it adds the test `layers`; run by that test
# with `cmake -P`, it tries each pair of layers with the include path that the
# lower one is compiled with.
cmake_minimum_required(VERSION 3.25)
set(layers os store health part plan run session cli command)  # from the ground up
set(beside_part health)  # neither of these two stands on the other

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/layers)
  foreach(layer IN LISTS layers)
    set(roots $<TARGET_PROPERTY:${layer},INCLUDE_DIRECTORIES>)
    set(definitions $<TARGET_PROPERTY:${layer},COMPILE_DEFINITIONS>)
    file(GENERATE OUTPUT ${folder}/${layer}.flags CONTENT
      "-I$<JOIN:${roots},;-I>$<$<BOOL:${definitions}>:;-D$<JOIN:${definitions},;-D>>")
  endforeach()
  add_test(NAME layers COMMAND ${CMAKE_COMMAND}
    -D compiler=${CMAKE_CXX_COMPILER} -D include=${PROJECT_BINARY_DIR}/include
    -D folder=${folder} -P ${CMAKE_CURRENT_LIST_FILE})
  return()
endif()

# compile(<layer> <header>...): does a source of the layer that includes these
# compile? Sets `compiled` and `messages`.
function(compile layer)
  list(TRANSFORM ARGN REPLACE "(.+)" "#include \"\\1\"\n" OUTPUT_VARIABLE lines)
  list(JOIN lines "" text)
  set(source ${folder}/${layer}.cpp)
  file(WRITE ${source} "${text}")
  file(READ ${folder}/${layer}.flags flags)
  execute_process(COMMAND ${compiler} -std=c++20 -fsyntax-only ${flags} ${source}
    RESULT_VARIABLE status ERROR_VARIABLE messages OUTPUT_QUIET)
  string(COMPARE EQUAL "${status}" 0 compiled)
  set(compiled ${compiled} PARENT_SCOPE)
  set(messages "${messages}" PARENT_SCOPE)
endfunction()

# The header of each layer that stands for it; a layer may have none yet.
foreach(layer IN LISTS layers)
  file(GLOB_RECURSE headers FOLLOW_SYMLINKS RELATIVE ${include}/${layer}
    ${include}/${layer}/${layer}/*.h)
  if(layer STREQUAL store)  # os stands in its folder, and is no part of it
    list(FILTER headers EXCLUDE REGEX "^store/os/")
  endif()
  list(SORT headers)
  if(headers)
    list(GET headers 0 header_of_${layer})
  endif()
endforeach()

set(below)
set(above ${layers})
set(tried 0)
foreach(layer IN LISTS layers)
  list(REMOVE_ITEM above ${layer})
  list(APPEND below ${header_of_${layer}})

  set(visible ${below})
  set(hidden ${above} ${beside_${layer}})
  list(REMOVE_ITEM visible ${header_of_${beside_${layer}}} "")
  if(visible)
    compile(${layer} ${visible})
    if(NOT compiled)
      message(SEND_ERROR "${layer} does not see what is below it: ${visible}\n${messages}")
    endif()
  endif()

  foreach(other IN LISTS hidden)
    set(header ${header_of_${other}})
    if(NOT header)
      continue()
    endif()
    math(EXPR tried "${tried} + 1")
    compile(${layer} ${header})
    if(compiled)
      message(SEND_ERROR "${layer} can include \"${header}\", which is not below it")
    elseif(NOT messages MATCHES "No such file|file not found")
      message(SEND_ERROR "${layer} finds \"${header}\", which is not below it\n${messages}")
    endif()
  endforeach()
endforeach()
if(tried EQUAL 0)
  message(SEND_ERROR "no pair of layers was tried")
endif()
message(STATUS "${tried} forbidden includes do not compile")
