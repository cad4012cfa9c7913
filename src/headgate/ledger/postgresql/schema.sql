-- The ledger of one data folder, in a schema of its own: the tables of the files (0001.sql and
-- 0002.sql beside it), for all deliver processes. Text is ordered as SQLite orders it.

create table lanes (
    lane bigint primary key,
    gate bigint not null,
    workspace text collate "C" not null,
    connection bigint not null,
    source bigint not null,
    kind text collate "C" not null,
    replay_id text collate "C" not null,
    state text collate "C" not null,
    reason text collate "C" not null,
    epoch bigint not null
);

create table places (
    lane bigint not null,
    partition integer not null,
    start bigint not null,
    base bigint not null,
    stop bigint,
    cursor bigint not null,
    done bytea not null,
    floor_ack bigint not null,
    primary key (lane, partition)
);

create table lane_snapshots (
    lane bigint not null,
    partition integer not null,
    from_position bigint not null,
    snapshot bigint not null,
    code_version text collate "C" not null,
    primary key (lane, partition, from_position)
);

create table tallies (
    lane bigint not null,
    class text collate "C" not null,
    reason text collate "C" not null,
    n bigint not null,
    primary key (lane, class, reason)
);

create table open (
    lane bigint not null,
    partition integer not null,
    position bigint not null,
    done_subscriptions text collate "C" not null,
    "left" text collate "C" not null,
    worst text collate "C" not null,
    reason text collate "C" not null,
    primary key (lane, partition, position)
);

create table parked (
    lane bigint not null,
    partition integer not null,
    position bigint not null,
    subscription text collate "C" not null,
    order_key text collate "C" not null,
    due_at bigint not null,
    first_at bigint not null,
    tries integer not null,
    last_status integer,
    reason text collate "C" not null,
    record bytea,
    primary key (lane, partition, position, subscription)
);

create index parked_due on parked (lane, due_at);

create table dead_letters (
    id bigint generated always as identity primary key,
    lane bigint not null,
    partition integer not null,
    position bigint not null,
    subscription text collate "C" not null,
    message_id text collate "C" not null,
    source bigint not null,
    subject_hashes bytea not null,
    reason text collate "C" not null,
    status integer,
    tries integer not null,
    at bigint not null,
    record bytea,
    sample bytea,
    redriven_at bigint,
    closed_class text collate "C" not null default '',
    closed_reason text collate "C" not null default '',
    weight bigint not null generated always as (
        256 + coalesce(length(record), 0) + coalesce(length(sample), 0)) stored
);

create index dead_letters_place on dead_letters (lane, partition, position);
create index dead_letters_at on dead_letters (at);
create index dead_letters_found on dead_letters
    (lane, reason, status, subscription, at, message_id, redriven_at);

-- Kept by triggers, so that the quota of bytes costs no look at the letters.
create table letter_bytes (n bigint not null);
insert into letter_bytes values (0);

create function weigh() returns trigger language plpgsql as $$
declare more bigint := 0;
begin
    if tg_op <> 'INSERT' then
        select -coalesce(sum(weight), 0) into more from before;
    end if;
    if tg_op <> 'DELETE' then
        select more + coalesce(sum(weight), 0) into more from after;
    end if;
    if more <> 0 then
        update letter_bytes set n = n + more;
    end if;
    return null;
end $$;

create trigger letters_come after insert on dead_letters
    referencing new table as after for each statement execute function weigh();
create trigger letters_grow after update on dead_letters
    referencing old table as before new table as after
    for each statement execute function weigh();
create trigger letters_go after delete on dead_letters
    referencing old table as before for each statement execute function weigh();

-- What was counted in minutes moves to hours, and then to days: each count is in one table only.
create table series (
    lane bigint not null,
    minute bigint not null,
    class text collate "C" not null,
    reason text collate "C" not null,
    event_type text collate "C" not null,
    event_name text collate "C" not null,
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
);

create table series_hours (like series including all);
create table series_days (like series including all);

create table commands (
    id text collate "C" primary key,
    lane bigint not null,
    done_at bigint not null,
    result text not null
);

-- Attempts with their samples; `day` counts from 1970. A day is dropped as a whole partition.
create table attempts (
    partition integer not null,
    position bigint not null,
    lane bigint not null,
    subscription text collate "C" not null,
    n integer not null,
    at bigint not null,
    ms bigint not null,
    status integer,
    outcome text collate "C" not null,
    reason text collate "C" not null,
    snapshot bigint not null,
    batch_id text collate "C" not null,
    request bytea,
    response bytea,
    subject_hashes bytea,
    day integer not null,
    primary key (partition, position, lane, subscription, n, day)
) partition by range (day);

-- Failures are looked for by time; what was delivered costs nothing here.
create index attempts_failed on attempts (at)
    where outcome <> 'delivered' or status is null or status >= 300;

-- Which life of a deliver process may write (`epoch`), its last tick, and the last tick whose
-- attempts are on record; `of` is how many processes share the lanes.
create table writers (
    process integer primary key,
    of integer not null,
    epoch bigint not null,
    tick bigint not null,
    recorded bigint not null
);

-- Whoever is not the writer any more changes nothing, and no tick counts twice or is left out.
create function fence(a_process integer, an_epoch bigint, a_tick bigint) returns void
    language plpgsql as $$
declare writer writers;
begin
    select * into writer from writers where process = a_process for update;
    if writer.epoch is distinct from an_epoch then
        raise 'another process has taken the lanes over' using errcode = 'HG001';
    elsif writer.tick = a_tick then
        raise 'this tick is committed' using errcode = 'HG002';
    elsif writer.tick <> a_tick - 1 then
        raise 'the server has lost tick %', a_tick - 1 using errcode = 'HG003';
    end if;
end $$;
