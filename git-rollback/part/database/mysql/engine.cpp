#include "part/database/mysql/engine.h"

#include "os/error.h"
#include "part/database/mysql/backup/capture.h"
#include "part/database/mysql/backup/upkeep.h"
#include "part/database/mysql/doctor/check.h"
#include "part/database/mysql/doctor/failing_writes.h"
#include "part/database/mysql/procedures/procedures.h"
#include "part/database/mysql/salvage/salvage.h"
#include "part/database/mysql/server/address.h"
#include "part/database/mysql/server/claim.h"
#include "part/database/mysql/server/entrance.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/server/primary.h"
#include "part/database/mysql/swap/change.h"
#include "part/database/mysql/swap/enough_rights.h"
#include "part/database/mysql/swap/in_place_step.h"
#include "part/database/mysql/swap/prepare.h"
#include "part/database/mysql/swap/settle.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback {
namespace {

// A step that is taken by whoever has the claim alone.
class ClaimedStep : public Step {
 public:
  ClaimedStep(std::unique_ptr<Step> step, const mysql::Place& place)
      : step_(std::move(step)), place_(place) {}

  std::string name() const override { return step_->name(); }
  Seen observe() override { return step_->observe(); }
  void get_ready() override {
    claim();
    step_->get_ready();
  }
  void apply() override {
    claim();
    step_->apply();
  }
  void revert() override {
    claim();
    step_->revert();
  }

 private:
  void claim() {
    mysql::guarded(place_.schema, [&] { mysql::require_claim(claim_, place_); });
  }

  std::unique_ptr<Step> step_;
  mysql::Place place_;
  std::shared_ptr<mysql::Claim> claim_;
};

class MysqlEngine : public Engine {
 public:
  MysqlEngine(const std::string& component, const DatabaseSettings& settings, const Git& git)
      : place_(mysql::make_place(component, settings, git)) {}

  const DatabaseSettings& settings() const override { return place_.settings; }
  const std::string& schema() const override { return place_.schema; }
  std::string left_to_another() const override { return mysql::why_not_owner(place_); }

  // A server that does not answer is an error: nobody knows what is there.
  bool present() override {
    if (!present_) present_ = guarded([&] { return mysql::exists(place_); });
    return *present_;
  }
  bool may_come_later() const override { return false; }

  Captured capture(const Occasion& occasion) override {
    return guarded([&] {
      claim_with_a_clear_way();
      return mysql::capture(place_, occasion);
    });
  }

  std::vector<IdlePattern> idle_patterns() override {
    return guarded([&] {
      mysql::Session session = open(place_);
      return rollback::idle_patterns(place_.settings, mysql::names_of(list_tables(session)));
    });
  }

  // Without a claim, as discard(): what is taken out is this host's own, and must
  // go although another has the claim now.
  void forget(const std::string& point) override {
    guarded([&] { mysql::forget(place_, point); });
  }

  std::vector<Finding> verify(const std::string& point,
                              const std::vector<Backup>& backups) override {
    if (!present()) return {{"database '" + place_.schema + "' is not there"}};
    return guarded([&] { return mysql::verify(place_, point, backups); });
  }

  KeptTables kept() override {
    if (!present()) return {};
    return guarded([&] { return mysql::kept_tables(place_); });
  }

  void measure(KeptTable& table) override {
    guarded([&] { table.bytes = mysql::bytes_of(place_, table.name); });
  }

  bool remove_kept(const std::string& point) override {
    if (!present()) return false;
    try {
      guarded([&] { claim(); });
    } catch (const Refused&) {
      return false;
    }
    guarded([&] { mysql::remove_kept(place_, point); });
    return true;
  }

  std::vector<TableFacts> facts(const std::string& point, const std::vector<Backup>& backups,
                                std::optional<std::chrono::milliseconds> within) override {
    return guarded([&] { return mysql::gather_facts(place_, point, backups, within); });
  }

  std::optional<std::vector<Stranded>> foresee_stranded(
      const std::string& point, const std::vector<Backup>& backups,
      const std::vector<Decision>& decisions,
      std::optional<std::chrono::milliseconds> within) override {
    return guarded(
        [&] { return mysql::foresee_stranded(place_, point, backups, decisions, within); });
  }

  std::optional<Obstacle> cannot_write() override try {
    guarded([&] {
      mysql::Session session = open(place_);
      mysql::require_primary(session);
      mysql::require_rights(session, {});
    });
    return std::nullopt;
  } catch (const Error& error) {
    return Obstacle{.reason = error.what(), .hints = error.hints(), .out_of_reach = true};
  }

  std::vector<Check> diagnose(Depth depth) override {
    try {
      return guarded([&] { return mysql::check_database(place_, depth); });
    } catch (const Error& error) {
      return {problem(error.what(), error.hints().empty() ? "" : error.hints().front())};
    }
  }

  std::vector<Check> failing_writes() override try {
    return mysql::failing_writes(place_);
  } catch (const mysql::ServerError& error) {
    if (!error.is_denied()) return {};  // diagnose() says of it what there is to say
    return {mysql::writes_may_fail(place_, error.what())};
  } catch (const Refused& not_let_in) {
    return {mysql::writes_may_fail(place_, not_let_in.what())};
  } catch (const std::runtime_error&) {
    return {};
  }

  Prepared prepare(const Order& order) override {
    return guarded([&] {
      claim_with_a_clear_way();
      return mysql::prepare(place_, order);
    });
  }

  // One session changes the tables of all.
  bool swaps_with(const Engine& other) const override {
    const auto* const same_kind = dynamic_cast<const MysqlEngine*>(&other);
    if (same_kind == nullptr) return false;
    mysql::Endpoint here = place_.endpoint();
    mysql::Endpoint there = same_kind->place_.endpoint();
    here.database.clear();
    there.database.clear();
    return here == there;
  }

  std::unique_ptr<Step> swap(const std::vector<Swapping>& together) override {
    std::vector<mysql::Side> sides;
    for (const auto& [engine, prepared] : together) {
      sides.emplace_back(static_cast<MysqlEngine&>(*engine).place_, mysql::plan_from(prepared));
    }
    return mysql::make_swap(std::move(sides));
  }

  std::vector<std::unique_ptr<Step>> alter(const std::string& prepared) override {
    const mysql::Plan plan = mysql::plan_from(prepared);
    std::vector<std::unique_ptr<Step>> steps;
    for (auto& step : mysql::make_alterations(place_, plan)) {
      steps.push_back(std::make_unique<ClaimedStep>(std::move(step), place_));
    }
    return steps;
  }

  std::vector<Backup> leave(const std::string& prepared, const std::string& point) override {
    return guarded([&] {
      claim();
      return mysql::leave(place_, mysql::plan_from(prepared), point);
    });
  }

  void settle(const std::string& prepared) override {
    guarded([&] {
      claim();
      mysql::settle(place_, mysql::plan_from(prepared).operation);
    });
  }

  void discard(const std::string& operation) override {
    if (present()) guarded([&] { mysql::discard(place_, operation); });
  }

  std::vector<std::string> set_aside(const std::string& operation) override {
    if (!present()) return {};
    return guarded([&] { return mysql::set_aside(place_, operation); });
  }

  std::vector<SalvageTable> salvageable() override {
    if (!present()) return {};
    return guarded([&] { return mysql::salvageable(place_); });
  }

  void count_missing(SalvageTable& table) override {
    guarded([&] { mysql::count_missing(place_, table); });
  }

  std::vector<std::string> export_rows(const SalvageTable& table,
                                       const ExportOrder& order) override {
    return guarded([&] { return mysql::export_rows(place_, table, order); });
  }

  std::vector<PutBack> put_back(const std::vector<SalvageTable>& tables,
                                const PutBackOrder& order) override {
    return guarded([&] { return mysql::put_back(place_, tables, order); });
  }

  std::optional<std::vector<Procedure>> procedures(bool install) override {
    return guarded([&] {
      mysql::Session session = open(place_);
      auto made = mysql::make_procedures(place_, session);
      if (install) mysql::install(place_, session, made);
      return made;
    });
  }

 private:
  // Before anything is written; kept until this engine goes.
  void claim() { mysql::require_claim(claim_, place_); }

  void claim_with_a_clear_way() {
    claim();
    mysql::clear_way(place_, place_.settings.take_over);
    mysql::clean_up_after_calls(place_);
  }

  template <class Work>
  std::invoke_result_t<Work> guarded(Work&& work) {
    return mysql::guarded(place_.schema, [&] {
      try {
        return work();
      } catch (const mysql::ServerError& error) {
        if (error.is_lock_timeout()) mysql::refuse_for_a_lock(place_);
        throw;
      }
    });
  }

  mysql::Place place_;
  std::shared_ptr<mysql::Claim> claim_;
  std::optional<bool> present_;
};

}  // namespace

void check_mysql_url(const std::string& url) { mysql::parse_address(url); }

std::unique_ptr<Engine> make_mysql_engine(const std::string& component,
                                          const DatabaseSettings& settings,
                                          const boost::filesystem::path&, const Git& git) {
  return std::make_unique<MysqlEngine>(component, settings, git);
}

}  // namespace rollback
