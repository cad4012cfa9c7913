-- Redrives: as what the event of a dead letter closed. Ages: coarser series, and what letters weigh.

alter table dead_letters add column closed_class text not null default '';
alter table dead_letters add column closed_reason text not null default '';

-- Nothing was redriven so far: what is closed and has letters closed by the reason of its first.
update dead_letters set closed_class = 'dead_lettered', closed_reason = (
    select first.reason from dead_letters first
    where first.lane = dead_letters.lane and first.partition = dead_letters.partition
    and first.position = dead_letters.position order by first.id limit 1)
where not exists (
    select 1 from open where open.lane = dead_letters.lane
    and open.partition = dead_letters.partition and open.position = dead_letters.position);

create index dead_letters_at on dead_letters (at);
create index dead_letters_found on dead_letters
    (lane, reason, status, subscription, at, message_id, redriven_at);

-- Kept by triggers, so that the quota of bytes costs no look at the letters.
create table letter_bytes (n integer not null) strict;
insert into letter_bytes
    select coalesce(sum(256 + coalesce(length(record), 0) + coalesce(length(sample), 0)), 0)
    from dead_letters;
create trigger letter_comes after insert on dead_letters begin
    update letter_bytes set n = n + 256
        + coalesce(length(new.record), 0) + coalesce(length(new.sample), 0);
end;
create trigger letter_grows after update of record, sample on dead_letters begin
    update letter_bytes set n = n
        + coalesce(length(new.record), 0) + coalesce(length(new.sample), 0)
        - coalesce(length(old.record), 0) - coalesce(length(old.sample), 0);
end;
create trigger letter_goes after delete on dead_letters begin
    update letter_bytes set n = n - 256
        - coalesce(length(old.record), 0) - coalesce(length(old.sample), 0);
end;

-- What was counted in minutes moves to hours, and then to days: each count is in one table only.
-- `minute` is the first minute of the period.
create table series_hours (
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

create table series_days (
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
