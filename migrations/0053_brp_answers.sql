-- A set of the BRP that came by the drop box is answered in `uit/` as a delivery is. It is no delivery: the answer is of its upload.
SET LOCAL ROLE cims_owner;

ALTER TABLE answer_files
    ALTER COLUMN delivery_id DROP NOT NULL,
    ADD COLUMN upload_id uuid REFERENCES sftp_uploads,
    ADD CONSTRAINT answer_files_of_one CHECK (num_nonnulls(delivery_id, upload_id) = 1),
    ADD CONSTRAINT answer_files_upload_once UNIQUE (upload_id, kind);

-- Which upload a load was of: its answer is made of what is known of the load, however often it is tried.
ALTER TABLE brp_loads ADD COLUMN upload_id uuid REFERENCES sftp_uploads;
CREATE INDEX brp_loads_of_upload ON brp_loads (upload_id) WHERE upload_id IS NOT NULL;

RESET ROLE;
