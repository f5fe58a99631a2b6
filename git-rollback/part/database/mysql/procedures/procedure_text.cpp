#include "part/database/mysql/procedures/procedure_text.h"

namespace rollback::mysql {

// What is a backup, newest last, stands in git_rollback_backups (registry.h). What is
// built, and what is displaced, stands there before it is, since a CALL may be cut off at
// any moment; whoever reads it passes over a table that is not there. Rows that were written
// between are counted again, where whoever calls may write that.
const char* const rollback_procedure = R"(CREATE PROCEDURE {name}(IN backup_date VARCHAR(20))
  MODIFIES SQL DATA
  SQL SECURITY INVOKER
  COMMENT {comment}
BEGIN
  DECLARE live VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT {table};
  DECLARE wanted VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT backup_date;
  DECLARE chosen VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE kept VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE incoming VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE displaced VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE stamp VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE component_of VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    DEFAULT {component};
  DECLARE called VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE described LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE made LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE head VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE list LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE why VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE recorded, copied, counter, given, stands BIGINT UNSIGNED DEFAULT 0;
  DECLARE building, locked, registered INT DEFAULT 0;
  DECLARE patience BIGINT DEFAULT @@SESSION.lock_wait_timeout;
  DECLARE longest BIGINT UNSIGNED DEFAULT @@SESSION.group_concat_max_len;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    IF registered THEN
      BEGIN
        DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
        DELETE FROM git_rollback_backups WHERE `point` = called AND component = component_of;
        DELETE FROM git_rollback_operations
          WHERE operation = called AND component = component_of;
      END;
    END IF;
    IF building THEN
      {run: CONCAT('DROP TABLE IF EXISTS `', REPLACE(incoming, '`', '``'), '`')}
    END IF;
    IF locked THEN DO RELEASE_LOCK({lock}); END IF;
    SET SESSION lock_wait_timeout = patience;
    SET SESSION group_concat_max_len = longest;
    RESIGNAL;
  END;

  IF wanted IS NULL OR wanted NOT REGEXP '^[0-9]{8}(T[0-9]{0,6}Z?)?$' THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'write the date of the backup as 20240123 or 20240123T100000Z';
  END IF;
  SELECT max(b.`point`) INTO chosen FROM git_rollback_backups AS b
    WHERE b.name = live AND b.kind = 'copy' AND b.state = 'complete'
      AND LEFT(b.`point`, CHAR_LENGTH(wanted)) = wanted;
  IF chosen IS NULL THEN
    SELECT GROUP_CONCAT(n.stamp ORDER BY n.stamp DESC SEPARATOR ', ') INTO list FROM
      (SELECT DISTINCT LEFT(b.`point`, 16) AS stamp FROM git_rollback_backups AS b
        WHERE b.name = live AND b.kind = 'copy' AND b.state = 'complete'
        ORDER BY stamp DESC LIMIT 4) AS n;
    SET why = CONCAT('no backup is from ''', wanted, '''; ',
                     COALESCE(CONCAT('the newest are ', list), 'there is none of this table'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
  END IF;
  SELECT b.backup, b.definition, b.`rows` INTO kept, described, recorded
    FROM git_rollback_backups AS b
    WHERE b.name = live AND b.kind = 'copy' AND b.state = 'complete' AND b.`point` = chosen
    LIMIT 1;

  SET locked = COALESCE(GET_LOCK({lock}, 0), 0);
  IF NOT locked THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'git rollback is at work on this database; call again when it has ended';
  END IF;
  CALL {obstacle}(live, why);
  SET made = JSON_UNQUOTE(JSON_EXTRACT(described, '$.sql'));
  IF why IS NULL AND (LOCATE(' FOREIGN KEY (', made) OR JSON_LENGTH(described, '$.triggers') > 0)
  THEN
    SET why = 'the backup has triggers or foreign keys';
  ELSEIF why IS NULL AND JSON_UNQUOTE(JSON_EXTRACT(described, '$.versioned')) = 'true' THEN
    SET why = 'the table keeps a history';
  ELSEIF why IS NULL AND VERSION() NOT LIKE '%MariaDB%' AND LOCATE('` CHECK (', made) THEN
    SET why = 'the backup has names of checks';
  END IF;
  IF why IS NOT NULL THEN
    SET why = CONCAT(why, ', which a procedure would lose: use git rollback');
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = why;
  END IF;

  SET head = CONCAT('CREATE TABLE `', REPLACE(live, '`', '``'), '` (');
  IF made IS NULL OR LEFT(made, CHAR_LENGTH(head)) <> head THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'the backup was made by another version of git rollback: use that';
  END IF;
  SET stamp = CONCAT(DATE_FORMAT(UTC_TIMESTAMP(), '%Y%m%dT%H%i%sZ_'), LEFT(SHA2(RAND(), 256), 7));
  SET incoming = CONCAT({incoming}, stamp);
  SET displaced = CONCAT({displaced}, stamp);
  SET SESSION lock_wait_timeout = 10;
  SET SESSION group_concat_max_len = 1000000;
  SELECT GROUP_CONCAT(CONCAT('`', REPLACE(c.column_name, '`', '``'), '`') SEPARATOR ', ')
    INTO list FROM information_schema.columns AS c
    WHERE c.table_schema = DATABASE() AND c.table_name = kept
      AND COALESCE(c.generation_expression, '') = '';
  IF list IS NULL THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the table that held the backup is gone';
  END IF;
  SET called = REPLACE(stamp, '_', '-');
  SET registered = 1;
  INSERT INTO git_rollback_backups (`point`, component, name, backup, kind, definition, `rows`,
                                    sha256, state, `position`, took_ms)
    VALUES (called, component_of, incoming, incoming, 'copy', described, 0, '', 'calling', '', 0);
  SET building = 1;
  {run: CONCAT('CREATE TABLE `', REPLACE(incoming, '`', '``'), '` (',
               SUBSTRING(made, CHAR_LENGTH(head) + 1))}
  SET @git_rollback_sql =
    CONCAT('INSERT INTO `', REPLACE(incoming, '`', '``'), '` (', list, ') SELECT ', list,
           ' FROM `', REPLACE(kept, '`', '``'), '`');
  PREPARE git_rollback FROM @git_rollback_sql;
  EXECUTE git_rollback;
  SET copied = ROW_COUNT();
  DEALLOCATE PREPARE git_rollback;
  IF copied <> recorded THEN
    SIGNAL SQLSTATE '45000'
      SET MESSAGE_TEXT = 'the backup has not the rows that were recorded: somebody changed it';
  END IF;
  IF VERSION() NOT LIKE '%MariaDB%' THEN
    {run: 'SET SESSION information_schema_stats_expiry = 0'}
  END IF;
  SELECT COUNT(*), COALESCE(MAX(t.auto_increment), 0) INTO stands, given
    FROM information_schema.tables AS t
    WHERE t.table_schema = DATABASE() AND t.table_name = live;
  SET counter = GREATEST(given,
    COALESCE(JSON_UNQUOTE(JSON_EXTRACT(described, '$.auto_increment')), 0));
  IF counter > 0 THEN
    {run: CONCAT('ALTER TABLE `', REPLACE(incoming, '`', '``'), '` AUTO_INCREMENT = ', counter)}
  END IF;
  IF stands > 0 THEN
    INSERT INTO git_rollback_operations (operation, component, state, left_point, plan, host)
      VALUES (called, component_of, 'settled', called, '{}', 'CALL');
    {run: CONCAT('SELECT COUNT(*) INTO @git_rollback_rows FROM `', REPLACE(live, '`', '``'),
                 '`')}
    INSERT INTO git_rollback_backups (`point`, component, name, backup, kind, definition, `rows`,
                                      sha256, state, `position`, took_ms)
      VALUES (called, component_of, live, displaced, 'displaced', described, @git_rollback_rows,
              '', 'complete', '', 0);
    {run: CONCAT('RENAME TABLE `', REPLACE(live, '`', '``'), '` TO `',
                 REPLACE(displaced, '`', '``'), '`, `', REPLACE(incoming, '`', '``'), '` TO `',
                 REPLACE(live, '`', '``'), '`')}
    SET building = 0;
    SET registered = 0;
    BEGIN
      DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
      {run: CONCAT('SELECT COUNT(*) INTO @git_rollback_rows FROM `',
                   REPLACE(displaced, '`', '``'), '`')}
      UPDATE git_rollback_backups SET `rows` = @git_rollback_rows
        WHERE `point` = called AND component = component_of;
    END;
  ELSE
    {run: CONCAT('RENAME TABLE `', REPLACE(incoming, '`', '``'), '` TO `',
                 REPLACE(live, '`', '``'), '`')}
    SET building = 0;
    SET registered = 0;
  END IF;
  BEGIN
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
    DELETE FROM git_rollback_backups
      WHERE `point` = called AND component = component_of AND state = 'calling';
  END;
  DO RELEASE_LOCK({lock});
  SET SESSION lock_wait_timeout = patience;
  SET SESSION group_concat_max_len = longest;
  SET @git_rollback_sql = NULL, @git_rollback_rows = NULL;
  SELECT live AS `table`, LEFT(chosen, 16) AS `as at`, copied AS `rows`,
         IF(stands > 0, displaced, NULL) AS `what was live is now`;
END)";

const char* const obstacle_procedure =
    R"(CREATE PROCEDURE {name}(IN live VARCHAR(64) CHARACTER SET utf8mb4,
                                      OUT obstacle VARCHAR(80) CHARACTER SET utf8mb4)
  READS SQL DATA
  SQL SECURITY DEFINER
  COMMENT {comment}
BEGIN
  DECLARE found BIGINT DEFAULT 0;
  SET obstacle = NULL;
  SELECT COUNT(*) INTO found FROM information_schema.triggers AS t
    WHERE t.event_object_schema = DATABASE() AND t.event_object_table = live;
  IF found > 0 THEN SET obstacle = 'the table has triggers'; END IF;
  SELECT COUNT(*) INTO found FROM information_schema.key_column_usage AS k
    WHERE k.referenced_table_name IS NOT NULL
      AND ((k.table_schema = DATABASE() AND k.table_name = live)
        OR (k.referenced_table_schema = DATABASE() AND k.referenced_table_name = live));
  IF found > 0 THEN SET obstacle = 'the table has foreign keys from or to it'; END IF;
END)";

}  // namespace rollback::mysql
