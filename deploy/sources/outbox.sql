-- An outbox on PostgreSQL, with the columns of Debezium's. The system inserts a document into it in
-- the transaction that changes its own tables; the adapter deletes what is published.
CREATE TABLE outbox (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    aggregatetype text NOT NULL,                                  -- such as 'manifest'
    aggregateid   text NOT NULL,                                  -- number of the document, for people
    type          text NOT NULL,                                  -- such as 'updated', for people
    payload       text NOT NULL,                                  -- the native document; json and bytea do too
    written_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_order ON outbox (written_at, id);

-- What the adapter's user needs, and no more:
-- GRANT SELECT, DELETE ON outbox TO weighbridge;
-- Instead of deleting, with published_column = "published_at" in the description:
-- ALTER TABLE outbox ADD COLUMN published_at timestamptz;
-- CREATE INDEX outbox_open ON outbox (written_at, id) WHERE published_at IS NULL;
-- GRANT SELECT, UPDATE (published_at) ON outbox TO weighbridge;
