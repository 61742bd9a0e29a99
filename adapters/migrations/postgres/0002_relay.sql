-- A task that travels by a conveyor is relayed until a worker takes its row: "relay" has pushed
-- a message that stands for it, or is about to, with its push number "push".
ALTER TABLE tasks
    ADD COLUMN relay UUID,
    ADD COLUMN push BIGINT,
    DROP CONSTRAINT tasks_state_check,
    ADD CONSTRAINT tasks_state_check
        CHECK (state IN ('waiting', 'ready', 'suspect', 'relayed', 'running', 'done', 'buried')),
    ADD CONSTRAINT tasks_relayed_by CHECK (state <> 'relayed' OR (relay IS NOT NULL AND push IS NOT NULL));

CREATE INDEX tasks_relayed ON tasks (queue, relay, push) WHERE state = 'relayed';
