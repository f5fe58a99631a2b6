# tools/demo tells its story with the program under test, and exits 1 when it
# does not end as it should.
add_test(NAME demo
  COMMAND ${PROJECT_SOURCE_DIR}/tools/demo --bin $<TARGET_FILE_DIR:git-rollback>)
set_tests_properties(demo PROPERTIES TIMEOUT 120)
