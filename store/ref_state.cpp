#include "store/ref_state.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using std::chrono::milliseconds;

// A file system that keeps whole seconds or milliseconds gives a change away
// only after two seconds; the others, after a few ticks of the kernel.
milliseconds tick_of(const timespec& time) {
  return time.tv_nsec % 1'000'000 == 0 ? milliseconds(2100) : milliseconds(50);
}

void add(const fs::path& path, RefState& state) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return;
  for (const timespec& time : {found.st_mtim, found.st_ctim}) {
    const Time at = from_unix(time.tv_sec) + milliseconds(time.tv_nsec / 1'000'000);
    state.settles = std::max(state.settles, at + tick_of(time));
    state.text += std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec) + " ";
  }
  state.text += std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
                path.string() + "\n";
}

// Git renames a new ref into its folder, so the folder's times tell of it. The
// folder of the points is not read: there may be very many.
void add_folder(const fs::path& folder, RefState& state) {
  add(folder, state);
  boost::system::error_code none;
  std::vector<fs::path> below;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (fs::is_directory(entry.status())) below.push_back(entry.path());
  }
  std::sort(below.begin(), below.end());
  for (const auto& path : below) {
    const fs::path name = path.filename();
    if (name == "points") {
      add(path, state);
    } else if (name != "before") {
      add_folder(path, state);
    }
  }
}

}  // namespace

RefState look_at_refs(const fs::path& common_dir) {
  RefState state;
  add(common_dir / "packed-refs", state);
  add(common_dir / std::string(names::events_ref), state);
  add(common_dir / "reftable" / "tables.list", state);
  const std::string record = std::string(names::record_refs);
  add_folder(common_dir / record.substr(0, record.size() - 1), state);
  return state;
}

}  // namespace rollback
