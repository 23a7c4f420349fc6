CREATE INDEX "proposals_at" ON "proposals" USING btree ("at");--> statement-breakpoint
CREATE INDEX "proposals_open" ON "proposals" USING btree ("at") WHERE "proposals"."state" = 'open';