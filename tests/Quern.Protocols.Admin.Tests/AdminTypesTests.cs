using Quern.Admin.V1;
using Xunit;

namespace Quern.Protocols.Admin.Tests;

public sealed class AdminTypesTests
{
    /// <summary>Numbers that a client of the time carries as constants.</summary>
    [Theory]
    [InlineData("com.sandpolis.core.clientserver.msg.MsgLogin$RQ_Login", 1815052312)]
    [InlineData("com.sandpolis.core.net.msg.MsgState$RQ_STSync", -391282415)]
    [InlineData("", 0)]
    public void The_number_is_a_hash_of_the_name(string name, int number) => Assert.Equal(number, TypeNumber.Of(name));

    [Theory]
    [InlineData("RQ_BuildAgent", -753158318, 1809833647)]
    [InlineData("RS_BuildAgent", 1482031385, -643394089)]
    [InlineData("RQ_CreateGroup", -724115560, 1397193944)]
    [InlineData("RS_CreateGroup", -166759145, 250104314)]
    [InlineData("RQ_DeleteGroup", 176202014, -21387003)]
    [InlineData("RS_DeleteGroup", -1046070306, -1962135273)]
    [InlineData("RQ_UpdateGroup", 96508726, -459030991)]
    [InlineData("RS_UpdateGroup", -2109040193, -198771675)]
    [InlineData("RQ_CreateListener", 1969400252, -468930089)]
    [InlineData("RS_CreateListener", -1732028246, -469121693)]
    [InlineData("RQ_DeleteListener", 1585489323, -199123033)]
    [InlineData("RS_DeleteListener", -1710880843, 341867628)]
    [InlineData("RQ_UpdateListener", -677522004, -1352646561)]
    [InlineData("RS_UpdateListener", 1019966446, 1141707977)]
    [InlineData("RQ_Login", 282045878, 1938421963)]
    [InlineData("RS_Login", 295155448, -107484464)]
    [InlineData("RQ_Logout", 2095721240, 1531843165)]
    [InlineData("RS_Logout", -1155707064, -1467286640)]
    [InlineData("RQ_ServerBanner", -1078038261, 606769299)]
    [InlineData("RS_ServerBanner", -102426354, 1818161168)]
    [InlineData("RQ_CreateUser", -1687283526, -1847658481)]
    [InlineData("RS_CreateUser", -511056476, -1500879829)]
    [InlineData("RQ_DeleteUser", -2034519407, -561547486)]
    [InlineData("RS_DeleteUser", 1736519662, -682654629)]
    [InlineData("RQ_UpdateUser", 1348249179, 1115868766)]
    [InlineData("RS_UpdateUser", 823801123, -1934690454)]
    [InlineData("RQ_Session", 502248741, 897039376)]
    [InlineData("RS_Session", 1163809522, -1290265494)]
    [InlineData("RQ_DirectConnection", 1851483468, -1165507438)]
    [InlineData("RQ_CoordinateConnection", 922689063, -507854772)]
    [InlineData("EV_NetworkChange", 1791277308, -505456997)]
    [InlineData("RQ_StopStream", 494346703, -1926446384)]
    [InlineData("RS_StopStream", -1479765150, -1190288403)]
    [InlineData("RQ_Ping", -1805610094, 978099305)]
    [InlineData("RS_Ping", -9210095, -261147692)]
    [InlineData("RQ_STStream", 862375895, 2014630761)]
    [InlineData("RS_STStream", 361706226, 2104294289)]
    [InlineData("EV_STStreamData", -1557195625, 1630776872)]
    [InlineData("RQ_AgentMetadata", -1817776459, -1313006750)]
    [InlineData("RS_AgentMetadata", -975540316, -1123017059)]
    [InlineData("RQ_AuthSession", -1410097600, -944544528)]
    [InlineData("RS_AuthSession", -944638525, 1722785594)]
    [InlineData("RQ_RefreshAuthCertificate", -314930527, -699370257)]
    [InlineData("RQ_ChangePowerState", -2074835028, 1387765845)]
    public void Inherited_messages_have_the_numbers_of_their_time(string name, int protocol, int modules)
    {
        var type = AdminTypes.Find(name)!;

        Assert.Equal((protocol, modules), (type.NumberIn(NameSet.Protocol), type.NumberIn(NameSet.Modules)));
    }

    [Theory]
    [InlineData("RQ_Login", 1815052312)]
    [InlineData("RQ_Logout", 1881647441)]
    [InlineData("RQ_ServerBanner", 945025191)]
    [InlineData("RS_ServerBanner", -178838052)]
    [InlineData("RQ_Ping", 187124663)]
    [InlineData("RS_Ping", -993583241)]
    [InlineData("RQ_Session", -1313798590)]
    [InlineData("RS_Session", -963195700)]
    [InlineData("Outcome", -1520254843)]
    public void The_generation_before_has_nine(string name, int number) =>
        Assert.Equal(number, AdminTypes.Find(name)!.NumberIn(NameSet.Outcomes));

    [Theory]
    [InlineData("RS_RefreshAuthCertificate", -2036649612)]
    [InlineData("RQ_UpdateBanner", 35484623)]
    [InlineData("RQ_ResumeSession", 79459809)]
    [InlineData("RQ_ListUsers", 312088289)]
    [InlineData("EV_BuildProgress", -425112496)]
    [InlineData("RS_ChangePowerState", -839102674)]
    [InlineData("RQ_CreateApiToken", -832797325)]
    [InlineData("RS_QueryAudit", 542882446)]
    public void Messages_of_our_own_have_numbers_of_our_own(string name, int number)
    {
        var type = AdminTypes.Find(name)!;

        Assert.Equal(number, type.NumberIn(NameSet.Quern));
        Assert.Null(type.NumberIn(NameSet.Protocol));
    }

    [Fact]
    public void No_two_messages_share_a_number()
    {
        foreach (var type in AdminTypes.All)
        {
            foreach (var set in Enum.GetValues<NameSet>())
            {
                if (type.NumberIn(set) is not { } number) continue;
                Assert.True(AdminTypes.TryFind(number, out var found, out _));
                Assert.Same(type, found);
            }
        }
    }

    [Fact]
    public void Nine_messages_have_numbers_of_the_generation_before() =>
        Assert.Equal(9, AdminTypes.All.Count(t => t.NumberIn(NameSet.Outcomes) is not null));

    [Fact]
    public void A_request_has_its_answer()
    {
        string[] without = [.. AdminTypes.All.Where(t => t.IsRequest && t.Answer is null).Select(t => t.Name).Order(StringComparer.Ordinal)];

        Assert.Equal(["RQ_CoordinateConnection", "RQ_DirectConnection"], without);
        Assert.Equal(["PING_OK"], AdminTypes.Of(new RQ_Ping()).Answer!.Results);
        Assert.Null(AdminTypes.Find("RS_Ping")!.Answer);
    }

    [Fact]
    public void Results_are_numbered_without_a_gap()
    {
        foreach (var type in AdminTypes.All.Where(t => t.IsResult)) Assert.InRange(type.Results.Count, 1, 64);
        Assert.Equal("LOGIN_INVALID_TOKEN", AdminTypes.Find("RS_Login")!.Results[5]);
    }

    [Theory]
    [InlineData("RS_Login", "LOGIN_TOKEN_REQUIRED", "LOGIN_INVALID_TOKEN")]
    [InlineData("RS_Login", "LOGIN_MAINTENANCE", "LOGIN_FAILED")]
    [InlineData("RS_Login", "LOGIN_FAILED_EXPIRED_USER", "LOGIN_FAILED_EXPIRED_USER")]
    [InlineData("RS_CreateUser", "CREATE_USER_USERNAME_TAKEN", "CREATE_USER_INVALID_USERNAME")]
    [InlineData("RS_CreateUser", "CREATE_USER_INVALID_ROLE", "CREATE_USER_ACCESS_DENIED")]
    [InlineData("RS_CreateListener", "CREATE_LISTENER_IN_USE", "CREATE_LISTENER_INVALID_PORT")]
    [InlineData("RS_CreateListener", "CREATE_LISTENER_INVALID_CERTIFICATE", "CREATE_LISTENER_ACCESS_DENIED")]
    [InlineData("RS_STStream", "ST_STREAM_ACCESS_DENIED", "ST_STREAM_FAILED")]
    [InlineData("RS_BuildAgent", "BUILD_AGENT_QUEUE_FULL", "BUILD_AGENT_FAILED")]
    public void Inherited_peers_are_told_what_they_know(string answer, string result, string told)
    {
        var type = AdminTypes.Find(answer)!;

        Assert.Equal(told, type.Results[InheritedResults.Of(type, type.Results.ToList().IndexOf(result))]);
    }

    /// <summary>How many results each answer had then; a peer of that time breaks on a greater number.</summary>
    [Theory]
    [InlineData("RS_BuildAgent", 2)]
    [InlineData("RS_CreateGroup", 2)]
    [InlineData("RS_DeleteGroup", 2)]
    [InlineData("RS_UpdateGroup", 2)]
    [InlineData("RS_CreateListener", 3)]
    [InlineData("RS_DeleteListener", 2)]
    [InlineData("RS_UpdateListener", 2)]
    [InlineData("RS_Login", 6)]
    [InlineData("RS_Logout", 1)]
    [InlineData("RS_CreateUser", 6)]
    [InlineData("RS_DeleteUser", 2)]
    [InlineData("RS_UpdateUser", 2)]
    [InlineData("RS_AuthSession", 2)]
    [InlineData("RS_STStream", 3)]
    public void No_result_goes_beyond_what_inherited_peers_have(string answer, int count)
    {
        var type = AdminTypes.Find(answer)!;

        for (int code = 0; code < type.Results.Count; code++)
        {
            if (type.Results[code] == "BUILD_AGENT_ACCEPTED") Assert.Throws<ArgumentException>(() => InheritedResults.Of(type, code));
            else Assert.InRange(InheritedResults.Of(type, code), code < count ? code : 1, code < count ? code : count - 1);
        }
    }

    [Fact]
    public void A_session_number_says_what_the_peer_is()
    {
        Assert.Equal(GoldenFrames.Client, SessionNumber.Of(InstanceType.InstanceClient, InstanceFlavor.FlavorClientDesktop, GoldenFrames.Client >> 8));
        Assert.Equal(GoldenFrames.Agent, SessionNumber.Of(InstanceType.InstanceAgent, InstanceFlavor.FlavorAgentJava, GoldenFrames.Agent >> 8));
        Assert.InRange(SessionNumber.Of((InstanceType)(-1), (InstanceFlavor)int.MaxValue, -1), 1, int.MaxValue);
    }
}
