-- Version 2 of the tables, as the steps up to it make them, with some rows, by SQLite's .dump. It is not changed any more.
pragma foreign_keys = off;
CREATE TABLE epoch(last integer not null) strict;
INSERT INTO "epoch" VALUES(7);
CREATE TABLE room(id integer primary key, name text not null unique) strict;
INSERT INTO "room" VALUES(1,'sala');
INSERT INTO "room" VALUES(2,'cocina');
CREATE TABLE said(
        id integer primary key, room integer not null references room, epoch integer not null,
        number integer not null, at integer not null, author text not null, text text not null, numbered text,
        unique(room, epoch, number)) strict;
INSERT INTO "said" VALUES(1,1,7,1,1700000000000,'Ana','hola',NULL);
INSERT INTO "said" VALUES(2,2,7,2,1700000001000,'Bea','pan',NULL);
INSERT INTO "said" VALUES(3,1,7,3,1700000002000,'Bea','ñandú	y más',NULL);
CREATE TABLE session(
        token text primary key, id text not null unique, name text not null, room text not null,
        joined text not null, accepted integer not null, until integer) strict;
INSERT INTO "session" VALUES('000000000000000000000000000000aa','7.1','Ana','sala','7.0',1,4102444800000);
pragma application_id = 1128808788;
pragma user_version = 2;
