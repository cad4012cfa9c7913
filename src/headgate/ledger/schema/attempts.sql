-- The attempts of one deliver process and one UTC day; dropped as a whole file.

create table if not exists attempts (
    partition integer not null,
    position integer not null,
    lane integer not null,
    subscription text not null,
    n integer not null,
    at integer not null,
    ms integer not null,
    status integer,
    outcome text not null,
    reason text not null,
    snapshot integer not null,
    batch_id text not null,
    primary key (partition, position, lane, subscription, n)
) strict, without rowid;

create table if not exists samples (
    partition integer not null,
    position integer not null,
    lane integer not null,
    subscription text not null,
    n integer not null,
    request blob,
    response blob,
    subject_hashes blob not null,
    primary key (partition, position, lane, subscription, n)
) strict, without rowid;

-- Failures are looked for by time; what was delivered costs nothing here.
create index if not exists attempts_failed on attempts (at)
    where outcome <> 'delivered' or status is null or status >= 300;
