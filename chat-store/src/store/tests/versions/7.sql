-- Version 7 of the tables, as the steps up to it make them, with some rows, by SQLite's .dump. It is not changed any more.
pragma foreign_keys = off;
CREATE TABLE account(name text primary key, hash text not null) strict;
INSERT INTO "account" VALUES('Ana','$argon2id$ana');
CREATE TABLE ban(
        id integer primary key, kind text not null, name text, account text, network text,
        until integer, by text not null, reason text not null) strict;
INSERT INTO "ban" VALUES(1,'ban','Caro',NULL,NULL,NULL,'Ana','no');
INSERT INTO "ban" VALUES(2,'mute','Dora',NULL,NULL,4102444800000,'Ana','');
CREATE TABLE block(
        id integer primary key, room integer not null references room, epoch integer not null,
        last integer not null, at integer not null, lines text not null,
        unique(room, epoch, last)) strict;
INSERT INTO "block" VALUES(1,1,7,1,1700000000000,'1	1700000000000	Ana		hola
');
INSERT INTO "block" VALUES(2,2,7,2,1700000001000,'2	1700000001000	Bea		pan
');
INSERT INTO "block" VALUES(3,1,7,3,1700000002000,'3	1700000002000	Bea		ñandú	y más
');
INSERT INTO "block" VALUES(4,2,7,5,1700000004000,'4	1700000003000	Ana		sal
5	1700000004000	Bea	7.1.1	agua
');
CREATE TABLE deed(
        id integer primary key, at integer not null, by text not null, deed text not null,
        room text not null, whom text not null, why text not null) strict;
INSERT INTO "deed" VALUES(1,1700000000000,'Ana','ban','','Caro','no');
CREATE TABLE epoch(last integer not null) strict;
INSERT INTO "epoch" VALUES(7);
CREATE TABLE room(id integer primary key, name text not null unique) strict;
INSERT INTO "room" VALUES(1,'sala');
INSERT INTO "room" VALUES(2,'cocina');
CREATE TABLE session(
        token text primary key, id text not null unique, name text not null, room text not null,
        joined text not null, accepted integer not null, until integer, account text) strict;
INSERT INTO "session" VALUES('000000000000000000000000000000aa','7.1','Ana','sala','7.0',1,4102444800000,'ana');
CREATE INDEX block_at on block(at);
pragma application_id = 1128808788;
pragma user_version = 7;
