#include "part/config/config_step.h"

#include "os/error.h"
#include "store/names.h"

namespace rollback {

ConfigStep::ConfigStep(const Git& git, boost::filesystem::path target, const std::string& operation,
                       FileState before, FileState after)
    : git_(git),
      target_(std::move(target)),
      beside_(names::incoming_file(target_, operation)),
      before_(std::move(before)),
      after_(std::move(after)) {}

Step::Seen ConfigStep::observe() {
  const FileState now = look_at(before_.path, target_);
  if (now.same(after_)) return {Observation::after};
  if (now.same(before_)) return {Observation::before};
  // What waits beside it tells on which side of the exchange we are.
  const bool applied = look_at(before_.path, beside_).same(before_);
  return {Observation::foreign, "'" + target_.string() + "' was changed by somebody else",
          "keep their version elsewhere, then: git cat-file blob " + before_.blob + " > '" +
              target_.string() + "'",
          !applied};
}

void ConfigStep::stage(const FileState& wanted) const {
  write_file(beside_, git_.run({"cat-file", "blob", wanted.blob}), wanted.mode);
}

void ConfigStep::change(const FileState& from, const FileState& to) {
  const auto undo_if_foreign = [&](auto undo) {
    if (look_at(from.path, beside_).same(from)) return;
    undo();
    throw Refused("'" + target_.string() + "' was changed by somebody else just now");
  };
  if (to.absent) {
    remove_file(beside_);
    rename_to_free_name(target_, beside_);
    undo_if_foreign([&] { rename_to_free_name(beside_, target_); });
    return;
  }
  if (!look_at(to.path, beside_).same(to)) stage(to);
  if (from.absent) {
    rename_to_free_name(beside_, target_);
  } else {
    exchange(beside_, target_);
    undo_if_foreign([&] { exchange(beside_, target_); });
  }
}

}  // namespace rollback
