CREATE TABLE "action_items" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "action_items_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"incident_id" text NOT NULL,
	"service" text NOT NULL,
	"what" text NOT NULL,
	"owner" text,
	"due" text,
	"state" text NOT NULL,
	"added_by" text NOT NULL,
	"added_at" timestamp (3) with time zone NOT NULL,
	"done_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"source" text NOT NULL,
	"id" text NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"problem" text,
	"body" text,
	CONSTRAINT "deliveries_source_id_pk" PRIMARY KEY("source","id")
);
--> statement-breakpoint
CREATE TABLE "golden_cases" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "golden_cases_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"incident_id" text NOT NULL,
	"service" text NOT NULL,
	"input" text NOT NULL,
	"observed" text NOT NULL,
	"expected" text,
	"context" jsonb NOT NULL,
	"failure" text NOT NULL,
	"split" text NOT NULL,
	"trace_url" text,
	"redacted" jsonb NOT NULL,
	"state" text NOT NULL,
	"drafted_at" timestamp (3) with time zone NOT NULL,
	"reviewed_by" text,
	"reviewed_at" timestamp (3) with time zone,
	"commit" text,
	"path" text
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" text PRIMARY KEY NOT NULL,
	"number" integer GENERATED ALWAYS AS IDENTITY (sequence name "incidents_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"version" integer NOT NULL,
	"service" text NOT NULL,
	"title" text NOT NULL,
	"reason" text NOT NULL,
	"kind" text NOT NULL,
	"cause" text,
	"severity" text NOT NULL,
	"phase" text NOT NULL,
	"trigger" text,
	"fired" jsonb,
	"declare_key" text NOT NULL,
	"declared_by" jsonb NOT NULL,
	"commander" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"detected_at" timestamp (3) with time zone NOT NULL,
	"declared_at" timestamp (3) with time zone NOT NULL,
	"acknowledged_at" timestamp (3) with time zone,
	"mitigated_at" timestamp (3) with time zone,
	"resolved_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"facts" jsonb NOT NULL,
	"steps" jsonb NOT NULL,
	"runbook_hash" text NOT NULL,
	"findings" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "jobs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"lane" text NOT NULL,
	"key" text,
	"coalesce" boolean NOT NULL,
	"payload_version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"state" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"retry_at" timestamp (3) with time zone,
	"first_failed_at" timestamp (3) with time zone,
	"attempts" integer NOT NULL,
	"lease_until" timestamp with time zone,
	"error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "mitigations" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mitigations_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"incident_id" text NOT NULL,
	"service" text NOT NULL,
	"name" text NOT NULL,
	"definition" jsonb NOT NULL,
	"request" jsonb NOT NULL,
	"parameters_hash" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"two_person" boolean NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp (3) with time zone,
	"sent_at" timestamp (3) with time zone,
	"ran_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"detail" text
);
--> statement-breakpoint
CREATE TABLE "postmortems" (
	"incident_id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"path" text NOT NULL,
	"hash" text NOT NULL,
	"drafted_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "proposals" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"service" text NOT NULL,
	"trigger" text NOT NULL,
	"severity" text NOT NULL,
	"reason" text NOT NULL,
	"findings" jsonb NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"state" text NOT NULL,
	"answered_by" text,
	"answered_at" timestamp (3) with time zone,
	"incident_id" text
);
--> statement-breakpoint
CREATE TABLE "signals" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signals_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text NOT NULL,
	"type" text NOT NULL,
	"id" text NOT NULL,
	"service" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"sli" text,
	"value" double precision,
	"samples" double precision,
	"alert_key" text,
	"signal" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "slack_messages" (
	"key" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"ts" text
);
--> statement-breakpoint
CREATE TABLE "snapshots" (
	"hash" text PRIMARY KEY NOT NULL,
	"runbook" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "timeline" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "timeline_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"incident_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" jsonb NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"url" text,
	"data" jsonb,
	"once_key" text
);
--> statement-breakpoint
CREATE TABLE "watches" (
	"service" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"findings" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "action_items" ADD CONSTRAINT "action_items_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_cases" ADD CONSTRAINT "golden_cases_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_runbook_hash_snapshots_hash_fk" FOREIGN KEY ("runbook_hash") REFERENCES "public"."snapshots"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mitigations" ADD CONSTRAINT "mitigations_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "postmortems" ADD CONSTRAINT "postmortems_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timeline" ADD CONSTRAINT "timeline_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "action_items_id" ON "action_items" USING btree ("id");--> statement-breakpoint
CREATE INDEX "action_items_of_incident" ON "action_items" USING btree ("incident_id","seq");--> statement-breakpoint
CREATE INDEX "action_items_open" ON "action_items" USING btree ("due","seq") WHERE "action_items"."state" = 'open';--> statement-breakpoint
CREATE INDEX "deliveries_received" ON "deliveries" USING btree ("received_at");--> statement-breakpoint
CREATE UNIQUE INDEX "golden_cases_id" ON "golden_cases" USING btree ("id");--> statement-breakpoint
CREATE INDEX "golden_cases_of_incident" ON "golden_cases" USING btree ("incident_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_number" ON "incidents" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_declare_key" ON "incidents" USING btree ("declare_key");--> statement-breakpoint
CREATE INDEX "incidents_open" ON "incidents" USING btree ("service","declared_at") WHERE "incidents"."phase" in ('triage', 'scope', 'mitigate');--> statement-breakpoint
CREATE INDEX "incidents_by_service" ON "incidents" USING btree ("service","started_at");--> statement-breakpoint
CREATE INDEX "incidents_declared" ON "incidents" USING btree ("declared_at");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_one_running_per_lane" ON "jobs" USING btree ("lane") WHERE "jobs"."state" = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_once" ON "jobs" USING btree ("key") WHERE "jobs"."key" is not null and not "jobs"."coalesce";--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_coalesced" ON "jobs" USING btree ("key") WHERE "jobs"."key" is not null and "jobs"."coalesce" and "jobs"."state" = 'ready';--> statement-breakpoint
CREATE INDEX "jobs_due" ON "jobs" USING btree ("due_at","id") WHERE "jobs"."state" = 'ready';--> statement-breakpoint
CREATE INDEX "jobs_lane" ON "jobs" USING btree ("lane","due_at","id") WHERE "jobs"."state" = 'ready';--> statement-breakpoint
CREATE INDEX "jobs_leases" ON "jobs" USING btree ("lease_until") WHERE "jobs"."state" = 'running';--> statement-breakpoint
CREATE INDEX "jobs_dead" ON "jobs" USING btree ("id") WHERE "jobs"."state" = 'dead';--> statement-breakpoint
CREATE UNIQUE INDEX "mitigations_id" ON "mitigations" USING btree ("id");--> statement-breakpoint
CREATE INDEX "mitigations_of_incident" ON "mitigations" USING btree ("incident_id","seq");--> statement-breakpoint
CREATE INDEX "mitigations_verifying" ON "mitigations" USING btree ("service") WHERE "mitigations"."state" = 'verifying';--> statement-breakpoint
CREATE UNIQUE INDEX "mitigations_one_under_way" ON "mitigations" USING btree ("incident_id") WHERE "mitigations"."state" in ('requested', 'approved', 'running', 'verifying');--> statement-breakpoint
CREATE UNIQUE INDEX "signals_once" ON "signals" USING btree ("source","type","id");--> statement-breakpoint
CREATE INDEX "signals_measurements" ON "signals" USING btree ("service","sli","at") WHERE "signals"."type" = 'measurement';--> statement-breakpoint
CREATE INDEX "signals_others" ON "signals" USING btree ("service","type","at") WHERE "signals"."type" <> 'measurement';--> statement-breakpoint
CREATE INDEX "signals_measured_at" ON "signals" USING btree ("at") WHERE "signals"."type" = 'measurement';--> statement-breakpoint
CREATE INDEX "slack_messages_channel" ON "slack_messages" USING btree ("channel");--> statement-breakpoint
CREATE UNIQUE INDEX "timeline_id" ON "timeline" USING btree ("id");--> statement-breakpoint
CREATE INDEX "timeline_of_incident" ON "timeline" USING btree ("incident_id","at","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "timeline_once" ON "timeline" USING btree ("incident_id","once_key") WHERE "timeline"."once_key" is not null;