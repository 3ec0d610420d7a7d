namespace Quern.Storage.Tests;

public sealed class SubmitOnSqlite() : SubmitContract(new SqliteFile());

public sealed class DispatchOnSqlite() : DispatchContract(new SqliteFile());

public sealed class OutcomeOnSqlite() : OutcomeContract(new SqliteFile());

public sealed class CancelOnSqlite() : CancelContract(new SqliteFile());

public sealed class JournalOnSqlite() : JournalContract(new SqliteFile());

public sealed class CommitOnSqlite() : CommitContract(new SqliteFile());

public sealed class RecordsOnSqlite() : RecordsContract(new SqliteFile());

public sealed class ImportOnSqlite() : ImportContract(new SqliteFile());

public sealed class KillOnSqlite() : KillContract(new SqliteFile());

public sealed class WalkOnSqlite() : WalkContract(new SqliteFile());

public sealed class RetentionOnSqlite() : RetentionContract(new SqliteFile());

public sealed class PipelinesOnSqlite() : PipelinesContract(new SqliteFile());

public sealed class ClientsOnSqlite() : ClientsContract(new SqliteFile());

public sealed class AccountsOnSqlite() : AccountsContract(new SqliteFile());

public sealed class GroupsOnSqlite() : GroupsContract(new SqliteFile());

public sealed class ListenersOnSqlite() : ListenersContract(new SqliteFile());

public sealed class AgentsOnSqlite() : AgentsContract(new SqliteFile());

public sealed class AgentBuildsOnSqlite() : AgentBuildsContract(new SqliteFile());

public sealed class AuditOnSqlite() : AuditContract(new SqliteFile());

public sealed class SettingsOnSqlite() : SettingsContract(new SqliteFile());
