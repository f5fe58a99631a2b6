// Where tests have their scratch folders: TMPDIR, if that is set; else in memory,
// where there is room, since nothing in them outlives the machine and thousands of
// fsyncs are not waited for; else /tmp.
#pragma once

#include <boost/filesystem/path.hpp>

namespace rollback {

boost::filesystem::path scratch_parent();

}  // namespace rollback
