#include "part/database/database_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "os/error.h"
#include "part/database/assess_choices.h"
#include "part/database/backup_trailer.h"
#include "part/database/covered.h"
#include "part/database/engine.h"
#include "part/database/idle_pattern.h"
#include "part/database/rows_choice.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback {
namespace {

constexpr int format_version = 1;

template <class One>
void append(std::vector<One>& all, std::vector<One> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

class DatabasePart : public Part {
 public:
  DatabasePart(std::string component, const std::vector<DatabaseSettings>& databases,
               const boost::filesystem::path& base, const Git& git)
      : Part(std::move(component)),
        engines_(make_engines(this->component(), databases, base, git)) {}

  Kind kind() const override { return Kind::database; }

  bool present() override {
    return std::any_of(engines_.begin(), engines_.end(), [](const auto& engine) {
      return !engine->may_come_later() || engine->present();
    });
  }

  void capture(PointDraft& draft) override {
    captured_.emplace();
    Occasion occasion{draft.point.id, std::nullopt};
    const auto migrations = draft.migrations.find(component());
    if (migrations != draft.migrations.end()) occasion.migrations = migrations->second;
    for (const auto& engine : engines_) {
      const std::string why = engine->left_to_another();
      if (!why.empty()) return leave_out(draft, Refused(why));
    }
    for (const auto& engine : engines_) {
      if (engine->may_come_later() && !engine->present()) continue;
      try {
        require_present(*engine);
        captured_->insert(engine.get());
        const Engine::Captured captured = engine->capture(occasion);
        give_notice_of_idle_patterns(*engine);
        add(draft, captured.backups);
        append(draft.notices, captured.notices);
      } catch (const Error& error) {
        if (!engine->settings().without_on_backup_failure) throw;
        return leave_out(draft, error);
      }
    }
    add_covered(draft);
  }

  void forget(const std::string& point) override {
    for (const auto& engine : engines_) {
      // What our own capture() did not get into, there may be no way into now either.
      const bool reached = !captured_ || captured_->contains(engine.get());
      if (reached && engine->present()) engine->forget(point);
    }
  }

  Assessment assess(const Request& request) override {
    const Backups backups = read(request.target);
    Assessment assessment;
    assessment.obstacle = missing(request, backups);
    if (assessment.obstacle) {
      assessment.rows_lost = std::nullopt;
      return assessment;
    }
    std::vector<std::vector<TableFacts>> facts;
    std::vector<Engine*> those;
    std::vector<std::string> schemas;
    for (const auto& engine : engines_) {
      if (!engine->present()) continue;
      facts.push_back(engine->facts(request.target.id, of(*engine, backups), request.count_within));
      mark_uncovered(facts.back(), read_covered(request.target, component(), engine->schema()));
      those.push_back(engine.get());
      schemas.push_back(engine->schema());
    }
    tell_apart(facts, schemas);
    std::vector<RowsChoice> choices;
    for (size_t i = 0; i < those.size(); ++i) {
      choices.push_back(choose_rows(facts[i], rows_of(request, *those[i])));
      add_stranded(request, backups, *those[i], choices.back());
    }
    assessment = assess_choices(request, facts, choices);
    for (size_t i = 0; i < those.size(); ++i) {
      append(assessment.details, about_idle_patterns(*those[i], facts[i]));
      if (!assessment.obstacle && choices[i].changes_anything()) {
        assessment.obstacle = those[i]->cannot_write();
      }
    }
    return assessment;
  }

  std::vector<Check> diagnose(Depth depth) override {
    return of_all<Check>([&](Engine& engine) { return engine.diagnose(depth); });
  }

  std::vector<Check> failing_writes() override {
    return of_all<Check>([](Engine& engine) { return engine.failing_writes(); });
  }

  std::vector<Finding> verify(const Point& point) override {
    const Backups backups = read(point);
    std::vector<Finding> findings;
    for (const auto& stranger : backups.strangers) {
      findings.push_back({"'" + stranger + "' is of a database that is not in the configuration"});
    }
    if (backups.known.empty() && backups.strangers.empty()) {
      findings.push_back(
          {"no table is recorded: there was none then, or none of which `backup:` "
           "keeps anything",
           false});
    }
    for (const auto& engine : engines_) {
      const auto recorded = of(*engine, backups);
      if (!recorded.empty()) append(findings, verify_in_reach(*engine, point.id, recorded));
    }
    return findings;
  }

  KeptTables kept() override {
    KeptTables all;
    for (const auto& engine : engines_) {
      KeptTables some = engine->kept();
      append(all.tables, std::move(some.tables));
      append(all.volumes, std::move(some.volumes));
    }
    return all;
  }

  void measure(std::vector<KeptTable>& tables) override {
    for (auto& table : tables) {
      if (table.component != component() || table.bytes != 0) continue;
      for (const auto& engine : engines_) {
        if (engine->schema() == table.database) engine->measure(table);
      }
    }
  }

  bool remove_kept(const std::string& point) override {
    bool all = true;
    for (const auto& engine : engines_) all = engine->remove_kept(point) && all;
    return all;
  }

  std::vector<SalvageTable> salvageable() override {
    return of_all<SalvageTable>([](Engine& engine) {
      auto tables = engine.salvageable();
      for (auto& one : tables) one.ledger = is_meant(engine.settings().ledger, one.table);
      return tables;
    });
  }

  void count_missing(std::vector<SalvageTable>& tables) override {
    for (auto& table : tables) {
      if (table.component == component()) engine_of(table.database).count_missing(table);
    }
  }

  std::vector<std::string> export_rows(const SalvageTable& table,
                                       const ExportOrder& order) override {
    return engine_of(table.database).export_rows(table, order);
  }

  std::vector<PutBack> put_back(const std::vector<SalvageTable>& tables,
                                const PutBackOrder& order) override {
    if (tables.empty()) return {};
    return engine_of(tables.front().database).put_back(tables, order);
  }

  std::string prepare(const Request& request) override {
    const Backups backups = read(request.target);
    if (const auto obstacle = missing(request, backups)) {
      throw Refused(obstacle->reason, obstacle->hints);
    }
    auto databases = nlohmann::json::array();
    std::int64_t lost = 0;
    for (const auto& engine : engines_) {
      if (!engine->present()) continue;
      Order order{.operation = request.operation,
                  .point = request.target.id,
                  .backups = of(*engine, backups),
                  .loss_limit = request.loss_limit - lost,
                  .choose = {},
                  .count_within = request.count_within,
                  .emergency = request.emergency,
                  .minimal_loss = request.minimal_loss - lost};
      const Covered covered = read_covered(request.target, component(), engine->schema());
      order.choose =
          chooser(rows_of(request, *engine), covered, order.loss_limit, order.minimal_loss);
      const Engine::Prepared prepared = engine->prepare(order);
      lost += prepared.rows_lost;
      databases.push_back(
          {{"schema", engine->schema()}, {"swap", prepared.anything}, {"plan", prepared.text}});
    }
    return nlohmann::json{{"format", format_version}, {"databases", databases}}.dump();
  }

  Steps steps(const std::string& prepared) override {
    std::vector<std::vector<Engine::Swapping>> moments;
    each(prepared, [&](Engine& engine, const std::string& plan, bool swaps) {
      if (!swaps) return;
      const auto same = std::find_if(moments.begin(), moments.end(), [&](const auto& moment) {
        return moment.front().engine->swaps_with(engine);
      });
      (same == moments.end() ? moments.emplace_back() : *same).push_back({&engine, plan});
    });
    Steps steps;
    for (const auto& moment : moments) steps.swap.push_back(moment.front().engine->swap(moment));
    for (const auto& moment : moments) {
      for (const auto& [engine, plan] : moment) {
        append(steps.swap, engine->alter(plan));
      }
    }
    return steps;
  }

  void leave(const std::string& prepared, PointDraft& left) override {
    each(prepared, [&](Engine& engine, const std::string& plan, bool) {
      add(left, engine.leave(plan, left.point.id));
    });
    add_covered(left);
  }

  void settle(const std::string& prepared) override {
    each(prepared, [](Engine& engine, const std::string& plan, bool) { engine.settle(plan); });
  }

  void discard(const std::string& operation) override {
    for (const auto& engine : engines_) engine->discard(operation);
  }

 private:
  template <class One, class Ask>
  std::vector<One> of_all(const Ask& ask) const {
    std::vector<One> all;
    for (const auto& engine : engines_) append(all, ask(*engine));
    return all;
  }

  Backups read(const Point& point) const {
    std::vector<std::string> schemas;
    for (const auto& engine : engines_) schemas.push_back(engine->schema());
    return read_backups(point, component(), schemas);
  }

  static std::vector<Backup> of(const Engine& engine, const Backups& backups) {
    std::vector<Backup> list;
    for (const Backup& backup : backups.known) {
      if (backup.schema == engine.schema()) list.push_back(backup);
    }
    return list;
  }

  // The user's word is for all tables.
  static ByTable<Rows> rows_of(const Request& request, const Engine& engine) {
    return request.rows ? ByTable<Rows>{*request.rows} : engine.settings().rows;
  }

  // Each table has one trailer, however often leave() is called.
  void add(PointDraft& draft, const std::vector<Backup>& backups) const {
    for (const Backup& backup : backups) {
      put_trailer(draft.point.trailers, format_backup(component(), backup));
    }
  }

  // Also of a database that is not there yet: all its tables will be new since.
  void add_covered(PointDraft& draft) const {
    for (const auto& engine : engines_) {
      put_trailer(draft.point.trailers,
                  format_covered(component(), engine->schema(), engine->settings()));
    }
  }

  static void require_present(Engine& engine) {
    if (engine.present()) return;
    throw Fatal("the server has no database '" + engine.schema() + "'",
                {"make it, or correct `url:` in .rollback.yml"});
  }

  // `on_backup_failure: without`: the point does without this part.
  void leave_out(PointDraft& draft, const Error& error) const {
    std::erase_if(draft.point.trailers, [&](const Trailer& trailer) {
      return trailer.key == "Rollback-Backup" && first_field({trailer}, trailer.key) == component();
    });
    draft.point.parts[component()].erase(Kind::database);
    draft.notices.push_back("this point can't bring back the database of '" + component() +
                            "': " + error.what());
  }

  std::optional<Obstacle> missing(const Request& request, const Backups& backups) const {
    const std::string point = "point '" + request.target.id + "'";
    if (!backups.strangers.empty()) {
      return Obstacle{point + " holds '" + backups.strangers.front() +
                          "', whose database is not in the configuration",
                      {}};
    }
    if (backups.known.empty() && !request.target.holds(component(), Kind::database)) {
      return Obstacle{point + " holds no database of '" + component() + "'", {}};
    }
    for (const auto& engine : engines_) {
      const std::string why = engine->left_to_another();
      if (!why.empty()) {
        return Obstacle{why, {"to go back without it, add --components with the other parts"}};
      }
      if (engine->present() || of(*engine, backups).empty()) continue;
      return Obstacle{.reason = "database '" + engine->schema() + "' is not there",
                      .hints = {},
                      .out_of_reach = true};
    }
    return std::nullopt;
  }

  // As preparing does once more, when it has built the tables.
  static void add_stranded(const Request& request, const Backups& backups, Engine& engine,
                           RowsChoice& choice) {
    if (!choice.obstacles.empty() || !choice.changes_anything()) return;
    const auto all = engine.foresee_stranded(request.target.id, of(engine, backups),
                                             choice.decisions, request.count_within);
    if (!all) choice.counted = false;
    for (const Stranded& one : all.value_or(std::vector<Stranded>{})) {
      choice.stranded += one.rows;
      choice.details.push_back(in_words(one));
    }
  }

  Engine& engine_of(const std::string& schema) const {
    const auto engine = std::find_if(engines_.begin(), engines_.end(),
                                     [&](const auto& e) { return e->schema() == schema; });
    if (engine == engines_.end()) {
      throw Fatal("database '" + schema + "' is not in the configuration any more");
    }
    return **engine;
  }

  template <class Work>
  void each(const std::string& prepared, const Work& work) {
    const auto json = nlohmann::json::parse(prepared);
    if (json.at("format").get<int>() != format_version) {
      throw Fatal("the operation was prepared by another version of this program");
    }
    for (const auto& database : json.at("databases")) {
      work(engine_of(database.at("schema")), database.at("plan").template get<std::string>(),
           database.at("swap").template get<bool>());
    }
  }

  Engines engines_;
  std::optional<std::set<const Engine*>> captured_;  // nothing: capture() was not called
};

}  // namespace

std::unique_ptr<Part> make_database_part(std::string component,
                                         const std::vector<DatabaseSettings>& databases,
                                         const boost::filesystem::path& base, const Git& git) {
  return std::make_unique<DatabasePart>(std::move(component), databases, base, git);
}

}  // namespace rollback
