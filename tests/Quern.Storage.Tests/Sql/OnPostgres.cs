using Quern.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Quern.Storage.Tests;

public sealed class SubmitOnPostgres(PostgresServer server) : SubmitContract(server);

public sealed class DispatchOnPostgres(PostgresServer server) : DispatchContract(server);

public sealed class OutcomeOnPostgres(PostgresServer server) : OutcomeContract(server);

public sealed class CancelOnPostgres(PostgresServer server) : CancelContract(server);

public sealed class ClientsOnPostgres(PostgresServer server) : ClientsContract(server);

public sealed class JournalOnPostgres(PostgresServer server) : JournalContract(server);

public sealed class CommitOnPostgres(PostgresServer server) : CommitContract(server);

public sealed class RecordsOnPostgres(PostgresServer server) : RecordsContract(server);

public sealed class ImportOnPostgres(PostgresServer server) : ImportContract(server);

public sealed class KillOnPostgres(PostgresServer server) : KillContract(server);

public sealed class WalkOnPostgres(PostgresServer server) : WalkContract(server);

public sealed class RetentionOnPostgres(PostgresServer server) : RetentionContract(server);

public sealed class PipelinesOnPostgres(PostgresServer server) : PipelinesContract(server)
{
    private protected override Task<FarmStore> OtherProcessAsync() => OpenAsync(new StoreOptions { Connection = Connection });
}

public sealed class AccountsOnPostgres(PostgresServer server) : AccountsContract(server);

public sealed class GroupsOnPostgres(PostgresServer server) : GroupsContract(server);

public sealed class ListenersOnPostgres(PostgresServer server) : ListenersContract(server);

public sealed class AgentsOnPostgres(PostgresServer server) : AgentsContract(server);

public sealed class AgentBuildsOnPostgres(PostgresServer server) : AgentBuildsContract(server);

public sealed class AuditOnPostgres(PostgresServer server) : AuditContract(server);

public sealed class SettingsOnPostgres(PostgresServer server) : SettingsContract(server);
