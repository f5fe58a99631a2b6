# The README holds: its tour works as printed, and its walk has no way back.
add_test(NAME readme COMMAND ${CMAKE_CURRENT_LIST_DIR}/readme.sh
  ${PROJECT_SOURCE_DIR} $<TARGET_FILE_DIR:git-rollback>)
set_tests_properties(readme PROPERTIES TIMEOUT 120)
