// Kafka Streams doing what a hub does: exactly once, one thread, state in RocksDB or in memory.
//
//     java KafkaStreamsSums EVENTS SUMS FOLDER rocksdb|memory
//
// State has changelog topics, and each change moves to the partition of its cell, as Kafka Streams
// does it by itself. Values are decoded by Avro, with a reader's schema of the fields needed.

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class KafkaStreamsSums {
    private static final String TOPIC = "weighbridge.movements";
    private static final int PARTITIONS = 4;
    private static final int FRAME_BYTES = 5;
    private static final String[] CODES = {
        "stage", "origin_country", "destination_country", "low_code", "operation_code"
    };
    private static final DateTimeFormatter MONTH = DateTimeFormatter.ofPattern("yyyy-MM");

    private final AtomicLong left;
    private final AtomicLong moving = new AtomicLong();
    private final CountDownLatch done = new CountDownLatch(1);

    private KafkaStreamsSums(long events) {
        left = new AtomicLong(events);
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[2]);
        Schema writer = new Schema.Parser().parse(folder.resolve("movement.avsc").toFile());
        Schema reader = new Schema.Parser().parse(folder.resolve("needed.avsc").toFile());
        new KafkaStreamsSums(Long.parseLong(arguments[0]))
            .run(arguments[1], folder, arguments[3].equals("memory"), writer, reader);
    }

    private void run(String sums, Path folder, boolean inMemory, Schema writer, Schema reader)
        throws InterruptedException {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
            Stores.keyValueStoreBuilder(store("last", inMemory), Serdes.ByteArray(), Serdes.ByteArray()));
        builder.addStateStore(
            Stores.keyValueStoreBuilder(store("totals", inMemory), Serdes.String(), Serdes.Long()));
        builder.stream(TOPIC, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .process(() -> new Last(new GenericDatumReader<>(writer, reader)), "last")
            .repartition(Repartitioned.with(Serdes.String(), Serdes.Long())
                .withName("cells").withNumberOfPartitions(PARTITIONS))
            .process(Total::new, "totals")
            .to(sums, Produced.with(Serdes.String(), Serdes.String()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings(sums, folder));
        streams.start();
        done.await();
        streams.close(Duration.ofMinutes(1));
    }

    private static KeyValueBytesStoreSupplier store(String name, boolean inMemory) {
        return inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
    }

    private static Properties settings(String name, Path folder) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BROKERS"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 2_000);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.resolve("state").toString());
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put("auto.offset.reset", "earliest");
        return settings;
    }

    /** Keeps the last revision of each statement and sends what it adds to its cell. */
    private final class Last implements Processor<byte[], byte[], String, Long> {
        private final GenericDatumReader<GenericRecord> reader;
        private BinaryDecoder decoder;
        private GenericRecord event;
        private KeyValueStore<byte[], byte[]> last;
        private ProcessorContext<String, Long> context;

        private Last(GenericDatumReader<GenericRecord> reader) {
            this.reader = reader;
        }

        @Override
        public void init(ProcessorContext<String, Long> context) {
            this.context = context;
            last = context.getStateStore("last");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            byte[] value = record.value();
            decoder = DecoderFactory.get()
                .binaryDecoder(value, FRAME_BYTES, value.length - FRAME_BYTES, decoder);
            try {
                event = reader.read(event, decoder);
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
            left.decrementAndGet();
            byte[] statement = bytes((ByteBuffer) event.get("statement_key"));
            long revision = (Long) event.get("revision");
            int edition = (Integer) event.get("edition");
            long massG = event.get("mass_g") == null ? 0 : (Long) event.get("mass_g");
            byte[] known = last.get(statement);
            long beforeG = 0;
            if (known != null) {
                ByteBuffer state = ByteBuffer.wrap(known);
                long knownRevision = state.getLong();
                int knownEdition = state.getInt();
                if (knownRevision > revision || (knownRevision == revision && knownEdition >= edition)) {
                    return;
                }
                beforeG = state.getLong();
            }
            last.put(statement,
                ByteBuffer.allocate(20).putLong(revision).putInt(edition).putLong(massG).array());
            moving.incrementAndGet();
            context.forward(new Record<>(cell(event), massG - beforeG, record.timestamp()));
        }
    }

    /** Keeps and sends the sum of each cell. */
    private final class Total implements Processor<String, Long, String, String> {
        private KeyValueStore<String, Long> totals;
        private ProcessorContext<String, String> context;

        @Override
        public void init(ProcessorContext<String, String> context) {
            this.context = context;
            totals = context.getStateStore("totals");
        }

        @Override
        public void process(Record<String, Long> record) {
            Long before = totals.get(record.key());
            long totalG = (before == null ? 0 : before) + record.value();
            totals.put(record.key(), totalG);
            context.forward(record.withValue("{\"mass_g\":" + totalG + "}"));
            if (moving.decrementAndGet() == 0 && left.get() == 0) {
                done.countDown();
            }
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static String cell(GenericRecord event) {
        StringBuilder cell = new StringBuilder();
        for (String name : CODES) {
            Object code = event.get(name);
            cell.append(code == null ? "" : code).append('|');
        }
        int day = (Integer) event.get("occurred_on");
        return cell.append(LocalDate.ofEpochDay(day).format(MONTH)).toString();
    }
}
