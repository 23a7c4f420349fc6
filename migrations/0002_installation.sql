CREATE TABLE "installation" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"place" text NOT NULL,
	"held_since" timestamp (3) with time zone,
	"held_reason" text,
	"released_by" text,
	"released_at" timestamp (3) with time zone
);
