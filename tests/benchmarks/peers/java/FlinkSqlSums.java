// Flink SQL doing what a hub does: exactly once by checkpoints, parallelism 1, up to the end of the topic.
//
//     java FlinkSqlSums EVENTS SUMS FOLDER hashmap|rocksdb [MINI_BATCH]
//
// Values are decoded by Flink's own format, with a reader's schema of the fields needed. The sums
// are upserts to a topic, in transactions that checkpoints commit.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

public final class FlinkSqlSums {
    private static final String MOVEMENTS = """
        CREATE TABLE movements (
            statement_key BYTES NOT NULL,
            revision BIGINT NOT NULL,
            edition INT NOT NULL,
            stage STRING NOT NULL,
            occurred_on DATE NOT NULL,
            origin_country STRING NOT NULL,
            destination_country STRING NOT NULL,
            low_code STRING,
            operation_code STRING,
            mass_g BIGINT
        ) WITH (
            'connector' = 'kafka',
            'topic' = 'weighbridge.movements',
            'properties.bootstrap.servers' = '%s',
            'properties.group.id' = '%s',
            'properties.isolation.level' = 'read_committed',
            'scan.startup.mode' = 'earliest-offset',
            'scan.bounded.mode' = 'latest-offset',
            'format' = 'avro-confluent',
            'avro-confluent.url' = '%s',
            'avro-confluent.schema' = '%s'
        )""";

    private static final String SUMS = """
        CREATE TABLE sums (
            cell STRING NOT NULL,
            mass_g BIGINT NOT NULL,
            PRIMARY KEY (cell) NOT ENFORCED
        ) WITH (
            'connector' = 'upsert-kafka',
            'topic' = '%s',
            'properties.bootstrap.servers' = '%s',
            'properties.transaction.timeout.ms' = '60000',
            'sink.delivery-guarantee' = 'exactly-once',
            'sink.transactional-id-prefix' = '%s',
            'key.format' = 'raw',
            'value.format' = 'json',
            'value.fields-include' = 'EXCEPT_KEY'
        )""";

    // Ordered by one number: with two columns Flink 2.3.0 retracts nothing, and what was corrected counts twice.
    private static final String JOB = """
        INSERT INTO sums
        SELECT cell, SUM(mass_g)
        FROM (
            SELECT
                stage || '|' || origin_country || '|' || destination_country
                    || '|' || COALESCE(low_code, '') || '|' || COALESCE(operation_code, '')
                    || '|' || DATE_FORMAT(CAST(occurred_on AS TIMESTAMP), 'yyyy-MM') AS cell,
                COALESCE(mass_g, 0) AS mass_g
            FROM (
                SELECT *, ROW_NUMBER() OVER (
                    PARTITION BY statement_key ORDER BY revision * 1000000 + edition DESC
                ) AS place
                FROM movements
            )
            WHERE place = 1
        )
        GROUP BY cell""";

    private FlinkSqlSums() {}

    public static void main(String[] arguments) throws Exception {
        String sums = arguments[1];
        Path folder = Path.of(arguments[2]);
        String brokers = System.getenv("BROKERS");
        String schema = Files.readString(folder.resolve("needed.avsc")).replace("'", "''");
        TableEnvironment tables = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings(arguments)).build());
        tables.executeSql(MOVEMENTS.formatted(brokers, sums, System.getenv("REGISTRY"), schema));
        tables.executeSql(SUMS.formatted(sums, brokers, sums));
        tables.executeSql(JOB).await();
    }

    private static Configuration settings(String[] arguments) {
        Path folder = Path.of(arguments[2]);
        Configuration settings = new Configuration();
        settings.setString("parallelism.default", "1");
        settings.setString("execution.checkpointing.interval", "2 s");
        settings.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
        settings.setString("execution.checkpointing.dir", folder.resolve("checkpoints").toUri().toString());
        settings.setString("state.backend.type", arguments[3]);
        settings.setString("execution.checkpointing.incremental", "true");
        settings.setString("table.local-time-zone", "UTC");
        if (arguments.length > 4) {
            settings.setString("table.exec.mini-batch.enabled", "true");
            settings.setString("table.exec.mini-batch.allow-latency", "2 s");
            settings.setString("table.exec.mini-batch.size", arguments[4]);
        }
        return settings;
    }
}
