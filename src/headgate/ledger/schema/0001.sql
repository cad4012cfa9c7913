-- The ledger of one deliver process (data-path section 3). Positions are 63-bit integers.
-- Every table with rows of lanes has a column `lane`; the number `id` counts in one file only.

create table lanes (
    lane integer primary key,
    gate integer not null,
    workspace text not null,
    connection integer not null,
    source integer not null,
    kind text not null,
    replay_id text not null,
    state text not null,
    reason text not null,
    epoch integer not null
) strict;

create table places (
    lane integer not null,
    partition integer not null,
    start integer not null,
    base integer not null,
    stop integer,
    cursor integer not null,
    done blob not null,
    floor_ack integer not null,
    primary key (lane, partition)
) strict, without rowid;

create table lane_snapshots (
    lane integer not null,
    partition integer not null,
    from_position integer not null,
    snapshot integer not null,
    code_version text not null,
    primary key (lane, partition, from_position)
) strict, without rowid;

create table tallies (
    lane integer not null,
    class text not null,
    reason text not null,
    n integer not null,
    primary key (lane, class, reason)
) strict, without rowid;

create table open (
    lane integer not null,
    partition integer not null,
    position integer not null,
    done_subscriptions text not null,
    left text not null,
    worst text not null,
    reason text not null,
    primary key (lane, partition, position)
) strict, without rowid;

create table parked (
    lane integer not null,
    partition integer not null,
    position integer not null,
    subscription text not null,
    order_key text not null,
    due_at integer not null,
    first_at integer not null,
    tries integer not null,
    last_status integer,
    reason text not null,
    record blob,
    primary key (lane, partition, position, subscription)
) strict, without rowid;

create index parked_due on parked (lane, due_at);

create table dead_letters (
    id integer primary key,
    lane integer not null,
    partition integer not null,
    position integer not null,
    subscription text not null,
    message_id text not null,
    source integer not null,
    subject_hashes blob not null,
    reason text not null,
    status integer,
    tries integer not null,
    at integer not null,
    record blob,
    sample blob,
    redriven_at integer
) strict;

create index dead_letters_place on dead_letters (lane, partition, position);

create table series (
    lane integer not null,
    minute integer not null,
    class text not null,
    reason text not null,
    event_type text not null,
    event_name text not null,
    n integer not null,
    le_10 integer not null,
    le_30 integer not null,
    le_100 integer not null,
    le_300 integer not null,
    le_1000 integer not null,
    le_3000 integer not null,
    le_10000 integer not null,
    slower integer not null,
    primary key (lane, minute, class, reason, event_type, event_name)
) strict, without rowid;

create table commands (
    id text primary key,
    lane integer not null,
    done_at integer not null,
    result text not null
) strict, without rowid;
