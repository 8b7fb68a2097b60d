-- When the law makes a movement public: `release_at`, one row for each movement that stands.
--
-- The latest over all its statements, whichever agency made them; null where one of them has no
-- end, or none yet, as before the waste arrived. Compare it with the instant of the question, not
-- with that of reading: what was confidential when it came is public later.

CREATE OR REPLACE TEMP VIEW release_at AS
SELECT
    movement_key,
    CASE WHEN count(*) = count(release_at) THEN max(release_at) END AS release_at
FROM latest
GROUP BY movement_key;
